/** Something that whoever runs Steward can put right: the message says what, and is all that is told of it. */
export class OperatorError extends Error {
  override readonly name: string = 'OperatorError';
}
