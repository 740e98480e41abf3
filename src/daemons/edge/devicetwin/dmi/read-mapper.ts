import { isAbsolute } from 'node:path';
import { KedgeError } from '../../../../kernel/errors.ts';
import { MAX_SOCKET_PATH_BYTES } from '../../../../kernel/listen-unix.ts';
import type { MapperInfo } from '../../../../protocol/dmi.ts';
import type { MapperRow } from '../../../../store/mappers.ts';

const MAX_NAME_BYTES = 253;

/** What a mapper says of itself. @throws KedgeError INVALID_INPUT naming the field */
export function readMapper(info: MapperInfo | null | undefined): MapperRow {
  if (info === null || info === undefined) throw new KedgeError('INVALID_INPUT', 'mapper is missing');
  const { name, version, protocol } = info;
  for (const [field, value] of Object.entries({ name, protocol })) {
    if (value === '') throw new KedgeError('INVALID_INPUT', `mapper.${field} is missing`);
  }
  for (const [field, value] of Object.entries({ name, version, protocol })) {
    if (Buffer.byteLength(value) > MAX_NAME_BYTES)
      throw new KedgeError('INVALID_INPUT', `mapper.${field} is longer than ${MAX_NAME_BYTES} bytes`);
  }
  return { address: readAddress(info.address), name, version, protocol };
}

function readAddress(bytes: Uint8Array): string {
  if (bytes.length > MAX_SOCKET_PATH_BYTES)
    throw new KedgeError('INVALID_INPUT', `mapper.address is longer than ${MAX_SOCKET_PATH_BYTES} bytes`);
  const address = Buffer.from(bytes)
    .toString('utf8')
    .replace(/^unix:(\/\/)?/, '');
  if (!isAbsolute(address) || address.includes('\0'))
    throw new KedgeError('INVALID_INPUT', `mapper.address is no absolute path of a socket: ${JSON.stringify(address)}`);
  return address;
}
