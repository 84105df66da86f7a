const subjects = new WeakMap<object, string>();

/**
 * The rows of this entity are about the person whose id lies in `property`, though they hold no personal column: what
 * roles somebody has, when a password was changed. They belong into that person's export (GDPR Article 15).
 */
export const AboutSubject =
  (property: string): ClassDecorator =>
  (target) => {
    subjects.set(target, property);
  };

/** The property that names the person whom an entity's rows are about, where {@link AboutSubject} declares one. */
export const subjectPropertyOf = (entity: object): string | undefined => subjects.get(entity);
