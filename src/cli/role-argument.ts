import { Args } from '@oclif/core';

/** `cloud` or `edge`: which daemon of the home a command is about. */
export const role = Args.custom<'cloud' | 'edge'>({
  description: 'which daemon',
  options: ['cloud', 'edge'],
  required: true,
  parse: (input) => Promise.resolve(input === 'cloud' ? 'cloud' : 'edge'),
})();
