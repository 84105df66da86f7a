/** Whether and how the changes of an entity's table are captured by the database. */
export interface CaptureOptions {
  /** Why the table's changes are not captured; undefined when they are. */
  readonly notCapturedBecause?: string;
  /** The table refuses UPDATE and DELETE. */
  readonly appendOnly: boolean;
}

const reasons = new WeakMap<object, string>();
const appendOnly = new WeakSet<object>();

/** Leaves the table out of change capture; the reason is printed in the docs. */
export const NotCaptured =
  (reason: string): ClassDecorator =>
  (target) => {
    reasons.set(target, reason);
  };

/** Rows of this table are never changed or deleted; the database refuses it. */
export const AppendOnly = (): ClassDecorator => (target) => {
  appendOnly.add(target);
};

export function captureOf(entity: object): CaptureOptions {
  const reason = reasons.get(entity);
  return { ...(reason ? { notCapturedBecause: reason } : {}), appendOnly: appendOnly.has(entity) };
}
