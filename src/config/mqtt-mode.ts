/** Which broker the applications use: the embedded one, another one, or either of the two. */
export const MQTT_MODES = ['internal', 'external', 'both'] as const;
export type MqttMode = (typeof MQTT_MODES)[number];
