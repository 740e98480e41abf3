/**
 * The kit for device drivers, all that the author of one needs to read: a driver opens a device and gets a handle that reads and writes one property at a
 * time. `runMapper` does the rest: it registers with the edge, again whenever the edge returns; keeps the cycles of each property; writes desired values
 * until the device takes them; sends what was read; and tells which devices are online.
 */

/**
 * A value in the type that the device's model gives the property: `INT` a number, or a bigint where a number would lose digits; `FLOAT` and `DOUBLE` a
 * number; `BOOLEAN` a boolean; `STRING`, `BYTES`, `STREAM` and a property without a type a string.
 */
export type PropertyValue = number | bigint | boolean | string;

/** What `configData` of a protocol or of a visitor says. Numbers come as 32-bit floating point: whole ones are exact up to 16,777,216. */
export type ConfigData = Readonly<Record<string, string | number | boolean>>;

export type PropertyType = 'INT' | 'FLOAT' | 'DOUBLE' | 'STRING' | 'BOOLEAN' | 'BYTES' | 'STREAM';

/** A property of a device, with what its model says of it. */
export interface MappedProperty {
  readonly name: string;
  /** Absent where the model says nothing of it. */
  readonly type?: PropertyType | undefined;
  /** Never written. */
  readonly readOnly: boolean;
  /** As the model has them. */
  readonly minimum?: string | undefined;
  readonly maximum?: string | undefined;
  readonly unit?: string | undefined;
  /** `visitors.configData`: where in the device the property is. */
  readonly visitor: ConfigData;
}

/** A device of the mapper's protocol. */
export interface MappedDevice {
  readonly namespace: string;
  readonly name: string;
  /** The name of its model; '' without one. */
  readonly model: string;
  /** `protocol.configData`: how to reach the device. */
  readonly protocol: ConfigData;
  readonly properties: readonly MappedProperty[];
}

/** Where a mapper and its driver write what happens: fields first, then a sentence; secrets never. */
export interface MapperLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A device that is open. The kit calls one method at a time. */
export interface DeviceHandle {
  /**
   * Reads a property, now.
   * @throws DeviceLost when the device itself is gone; anything else concerns this property alone, which is tried again in its next cycle
   */
  read(property: MappedProperty): PropertyValue | Promise<PropertyValue>;
  /**
   * Writes a desired value; resolves once the device has taken it. It is called again, after half a second and then ever more rarely, until it does or
   * until another value is desired. A driver without it only reads.
   * @throws DeviceLost as `read`
   */
  write?(property: MappedProperty, value: PropertyValue): void | Promise<void>;
  /** Lets go of the device. */
  close?(): void | Promise<void>;
}

/** What a driver is given for one opening of a device. */
export interface DriverContext {
  readonly log: MapperLog;
  /** Aborts when the device is no longer wanted: whatever waits for it may stop. */
  readonly signal: AbortSignal;
}

export interface Driver {
  /**
   * Looks at what a device's file says before anything is opened. A device that it refuses is `unhealthy` until the file is corrected; others go on.
   * @throws Error that names the key and says what is wrong with it
   */
  check?(device: MappedDevice): void;
  /**
   * Opens a device. It is called again, with back-off, until it succeeds, after each DeviceLost, and when anything but desired values changes in the file.
   * After each opening all desired values are written.
   */
  open(device: MappedDevice, context: DriverContext): DeviceHandle | Promise<DeviceHandle>;
}

/** Thrown by a handle when the connection to the device is lost: the kit closes the handle, and opens the device again. */
export class DeviceLost extends Error {
  override readonly name = 'DeviceLost';
}

export interface MapperOptions {
  /** Lower-case letters, digits, `-` and `.`; no two mappers of an edge have the same. */
  readonly name: string;
  /** The devices whose `spec.protocol.protocolName` this is are the mapper's. */
  readonly protocol: string;
  /** Of the driver, for people. */
  readonly version: string;
  readonly driver: Driver;
  /** The edge's DMI socket. Absent: that of the edge in the home (`KEDGE_HOME`), else KubeEdge's `/etc/kubeedge/dmi.sock`. */
  readonly socket?: string | undefined;
  /** The mapper's own socket, which the edge must be able to open. Absent: `NAME.mapper.sock` beside the edge's. */
  readonly ownSocket?: string | undefined;
  /** The folder of the edge, if not that of `KEDGE_HOME`. */
  readonly home?: string | undefined;
  /** How long one call of a handle may take, ms, before the device counts as lost. Default: 10,000. */
  readonly timeoutMs?: number | undefined;
  /** Ends the mapper. Absent: SIGTERM and SIGINT do. */
  readonly signal?: AbortSignal | undefined;
  /** Absent: JSON lines on stderr. */
  readonly log?: MapperLog | undefined;
}
