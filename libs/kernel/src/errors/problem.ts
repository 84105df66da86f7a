/** How one expected failure is told: `title` names the kind, `detail` says what the reader does next. */
export interface ErrorDefinition {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}

/** One refused field: where it stands in the input (RFC 6901 JSON pointer), and what is wrong with it. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

export interface ProblemOptions {
  readonly detail?: string;
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** An expected failure from a catalogue; the HTTP edge turns it into `application/problem+json` (RFC 9457). */
export class Problem extends Error {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly FieldError[] | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;

  constructor(
    readonly code: string,
    definition: ErrorDefinition,
    options: ProblemOptions = {},
  ) {
    super(`${code}: ${options.detail ?? definition.detail}`, { cause: options.cause });
    this.name = 'Problem';
    this.status = definition.status;
    this.title = definition.title;
    this.detail = options.detail ?? definition.detail;
    this.errors = options.errors;
    this.headers = options.headers;
  }
}

/** The stable error codes of one room. */
export interface ErrorCatalogue<Code extends string = string> {
  readonly room: string;
  readonly definitions: Readonly<Record<Code, ErrorDefinition>>;
  /** The failure `code`, to be thrown; `options.detail` replaces the catalogue's words where a case needs its own. */
  problem(code: Code, options?: ProblemOptions): Problem;
}

/** Declares the error codes of a room. A code is `room.reason` and never changes its meaning once published. */
export function defineErrors<const Definitions extends Record<string, ErrorDefinition>>(
  room: string,
  definitions: Definitions,
): ErrorCatalogue<keyof Definitions & string> {
  for (const code of Object.keys(definitions)) {
    if (!code.startsWith(`${room}.`)) throw new Error(`Error code ${code} must begin with "${room}."`);
  }
  return {
    room,
    definitions,
    problem(code, options) {
      const definition = definitions[code];
      if (!definition) throw new Error(`Unknown error code ${code}`);
      return new Problem(code, definition, options);
    },
  };
}
