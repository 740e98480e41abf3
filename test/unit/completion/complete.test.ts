import { expect } from 'chai';
import { complete } from '../../../src/completion/complete.ts';
import type { KnownCommand } from '../../../src/completion/complete.ts';
import { visibleCommands } from '../../helpers/command-surface.ts';

const commands = (await visibleCommands()) as unknown as KnownCommand[];
const at = (line: string) => complete(line.split(' '), commands);
const words = (line: string): string[] => at(line).suggestions.map(({ word }) => word);

describe('completion', () => {
  it('offers commands and topics, with what they do', () => {
    expect(words('')).to.include.members(['device', 'init', 'status', 'completion']);
    expect(words('device ')).to.include.members(['list', 'model', 'set-twin']).and.not.include('device');
    expect(words('device model ')).to.include('create').and.not.include('set-twin');
    expect(at('device ').suggestions.find(({ word }) => word === 'list')?.about).to.equal('List the devices.');
    expect(words('init ')).to.deep.equal(['cloud']);
    expect(words('frob ')).to.deep.equal([]);
  });

  it('offers the flags of a command, once, but those that repeat', () => {
    expect(words('device list -')).to.include.members(['--watch', '--output', '--home', '--help']);
    expect(words('device list -o json --')).to.include('--watch').and.not.include('--output');
    expect(words('device create --property a=1 --')).to.include('--property');
    expect(words('device list ')).to.deep.equal([]);
  });

  it('offers the values of a flag, in either form', () => {
    expect(words('device list -o ')).to.include.members(['wide', 'json']);
    expect(words('device list --output ')).to.include('yaml');
    expect(words('device list --output=')).to.include('--output=yaml');
    expect(words('device list --output = j')).to.include('--output=yaml');
    expect(words('device list --watch ')).to.deep.equal([]);
  });

  it('offers what an argument may be', () => {
    expect(words('start ')).to.deep.equal(['cloud', 'edge']);
    expect(words('start cloud ')).to.deep.equal([]);
    expect(words('completion ')).to.deep.equal(['bash', 'zsh', 'fish']);
  });

  it('knows where names and files stand', () => {
    expect(at('device get ').names).to.equal('device');
    expect(at('device get -n other ').names).to.equal('device');
    expect(at('device get kitchen ').names).to.equal(undefined);
    expect(at('device create ').names).to.equal(undefined);
    expect(at('device create x --node ').names).to.equal('node');
    expect(at('device create x --model ').names).to.equal('device model');
    expect(at('device model delete ').names).to.equal('device model');
    expect(at('node get ').names).to.equal('node');
    expect(at('token revoke ').names).to.equal('token');
    expect(at('device create -f ').files).to.equal(true);
  });
});
