import * as v from 'valibot';

/** Fields of KubeEdge 1.14.5's v1alpha2 Device (reference/devices.md §2). */
const text = v.exactOptional(v.string());
const number = v.exactOptional(v.number());
const flag = v.exactOptional(v.boolean());
const anything = v.exactOptional(v.record(v.string(), v.unknown()));
const texts = v.exactOptional(v.record(v.string(), v.string()));
const customized = v.strictObject({ protocolName: text, configData: anything });

const common = v.strictObject({
  com: v.exactOptional(v.strictObject({ serialPort: text, baudRate: number, dataBits: number, parity: text, stopBits: number })),
  tcp: v.exactOptional(v.strictObject({ ip: text, port: number })),
  commType: text,
  reconnTimeout: number,
  reconnRetryTimes: number,
  collectTimeout: number,
  collectRetryTimes: number,
  collectType: text,
  customizedValues: anything,
});

const protocol = v.strictObject({
  opcua: v.exactOptional(
    v.strictObject({
      url: text,
      userName: text,
      password: text,
      securityPolicy: text,
      securityMode: text,
      certificate: text,
      privateKey: text,
      timeout: number,
    }),
  ),
  modbus: v.exactOptional(v.strictObject({ slaveID: number })),
  bluetooth: v.exactOptional(v.strictObject({ macAddress: text })),
  customizedProtocol: v.exactOptional(customized),
  common: v.exactOptional(common),
});

const dataConverter = v.strictObject({
  startIndex: number,
  endIndex: number,
  shiftLeft: number,
  shiftRight: number,
  orderOfOperations: v.exactOptional(v.array(v.strictObject({ operationType: text, operationValue: number }))),
});

const visitor = v.strictObject({
  propertyName: v.string(),
  reportCycle: number,
  collectCycle: number,
  customizedValues: anything,
  opcua: v.exactOptional(v.strictObject({ nodeID: text, browseName: text })),
  modbus: v.exactOptional(
    v.strictObject({ register: text, offset: number, limit: number, scale: number, isSwap: flag, isRegisterSwap: flag }),
  ),
  bluetooth: v.exactOptional(v.strictObject({ characteristicUUID: text, dataWrite: texts, dataConverter: v.exactOptional(dataConverter) })),
  customizedProtocol: v.exactOptional(customized),
});

const twinProperty = v.exactOptional(v.strictObject({ value: v.optional(v.string(), ''), metadata: texts }));
const requirements = v.exactOptional(v.array(v.strictObject({ key: text, operator: text, values: v.optional(v.array(v.string()), []) })));

export const oldDevice = v.strictObject({
  spec: v.strictObject({
    deviceModelRef: v.exactOptional(v.strictObject({ name: v.string() })),
    nodeSelector: v.exactOptional(
      v.strictObject({
        nodeSelectorTerms: v.optional(v.array(v.strictObject({ matchExpressions: requirements, matchFields: requirements })), []),
      }),
    ),
    protocol: v.optional(protocol, {}),
    propertyVisitors: v.optional(v.array(visitor), []),
    data: v.optional(
      v.strictObject({
        dataProperties: v.optional(v.array(v.strictObject({ propertyName: v.string(), metadata: texts })), []),
        dataTopic: text,
      }),
      {},
    ),
  }),
  status: v.strictObject({
    twins: v.optional(v.array(v.strictObject({ propertyName: v.string(), desired: twinProperty, reported: twinProperty })), []),
  }),
});

export type OldDevice = v.InferOutput<typeof oldDevice>;
export type OldVisitor = v.InferOutput<typeof visitor>;
export type OldProtocol = v.InferOutput<typeof protocol>;
export type OldTwin = OldDevice['status']['twins'][number];
