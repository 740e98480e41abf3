import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.ts';

export default class MapperRun extends BaseCommand<typeof MapperRun> {
  static override summary = 'Run a mapper in the foreground until Ctrl-C or SIGTERM.';
  static override description =
    'It serves the devices whose spec.protocol.protocolName is its protocol, over the DMI socket of the edge on this machine. The edge may come later, and may go and come back. It logs JSON lines to stderr.';
  static override examples = [
    '<%= config.bin %> mapper run virtual',
    '<%= config.bin %> mapper run virtual --socket /etc/kubeedge/dmi.sock',
  ];
  static override args = {
    protocol: Args.string({
      description: 'modbus: devices that speak Modbus TCP; virtual: devices that are not there, for trials',
      options: ['modbus', 'virtual'],
      required: true,
    }),
  };
  static override flags = {
    name: Flags.string({ description: 'name of this mapper; that of the protocol if not given', helpValue: 'NAME' }),
    socket: Flags.string({
      description:
        'DMI socket of the edge; that of the edge in this home if not given, or /etc/kubeedge/dmi.sock where no home is named and none is there',
      helpValue: 'PATH',
    }),
    'own-socket': Flags.string({
      description: "socket that the edge calls; NAME.mapper.sock beside the edge's if not given",
      helpValue: 'PATH',
    }),
  };

  override async run(): Promise<void> {
    const { name = this.args.protocol, socket, home, 'own-socket': ownSocket } = this.flags;
    const [{ runMapper }, { BUILT_IN }] = await Promise.all([import('../../mapper/run-mapper.ts'), import('../../mapper/built-in.ts')]);
    const protocol = this.args.protocol as keyof typeof BUILT_IN;
    const driver = await BUILT_IN[protocol]();
    await runMapper({ name, protocol, driver, version: this.config.version, socket, ownSocket, home, signal: this.interrupted });
  }
}
