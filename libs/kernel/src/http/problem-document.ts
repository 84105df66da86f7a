import type { FieldError, Problem } from '../errors/problem.js';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** The body of an error answer (RFC 9457). */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  readonly traceId: string;
}

/** The stable URI of an error code, for `type`. */
export const problemType = (code: string): string => `urn:steward:error:${code}`;

export function problemDocument(problem: Problem, traceId: string): ProblemDocument {
  return {
    type: problemType(problem.code),
    title: problem.title,
    status: problem.status,
    code: problem.code,
    detail: problem.detail,
    ...(problem.errors ? { errors: problem.errors } : {}),
    traceId,
  };
}
