/** A patch that cannot be applied, with the HTTP code and the reason of the Status to answer. */
export class PatchError extends Error {
  override readonly name = 'PatchError';
  readonly code: 400 | 413 | 422;
  readonly reason: 'BadRequest' | 'RequestEntityTooLarge' | 'Invalid';

  constructor(code: 400 | 413 | 422, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
    this.reason = code === 400 ? 'BadRequest' : code === 413 ? 'RequestEntityTooLarge' : 'Invalid';
  }
}
