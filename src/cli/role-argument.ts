import { Args } from '@oclif/core';

/** `cloud` or `edge`: which daemon of the home a command is about. */
export const role = Args.option({ description: 'which daemon', options: ['cloud', 'edge'] as const })({ required: true });
