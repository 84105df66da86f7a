/** Any part of an OpenAPI document. */
type Part = Readonly<Record<string, unknown>>;

const entries = (part: unknown) => Object.entries((part ?? {}) as Record<string, Part>);
const shows = (part: Part) => 'example' in part || 'examples' in part;
const BYTES = 'application/octet-stream';

/** Where an OpenAPI document shows no example of what goes in and comes out, or leaves out what readers need beside. */
export function gapsOf(document: Part): string[] {
  const gaps: string[] = [];
  const walked = new Set<unknown>();
  const resolve = (part: Part): Part =>
    typeof part['$ref'] === 'string'
      ? part['$ref']
          .split('/')
          .slice(1)
          .reduce<Part>((at, name) => at[name] as Part, document)
      : part;

  function schema(given: Part, where: string): void {
    const part = resolve(given);
    if (part !== given) {
      if (walked.has(part)) return;
      walked.add(part);
      return schema(part, String(given['$ref']));
    }
    for (const [name, property] of entries(part['properties'])) schema(property, `${where}.${name}`);
    const choices = ['allOf', 'anyOf', 'oneOf'].flatMap((key) => (part[key] ?? []) as Part[]);
    for (const choice of choices) schema(choice, where);
    if (shows(part) || part['properties'] || choices.length > 0 || part['type'] === 'null') return;
    if (part['items']) schema(part['items'] as Part, `${where}[]`);
    else gaps.push(`${where}: no example`);
  }

  function content(part: Part, where: string): void {
    if (!part['content']) gaps.push(`${where}: no content`);
    for (const [type, media] of entries(part['content'])) {
      if (!media['schema']) gaps.push(`${where}: ${type} without a schema`);
      else if (!shows(media) && type !== BYTES) schema(media['schema'] as Part, where);
    }
  }

  for (const [path, item] of entries(document['paths'])) {
    for (const [method, operation] of entries(item)) {
      const where = `${method.toUpperCase()} ${path}`;
      for (const key of ['operationId', 'summary', 'tags', 'security', 'responses'])
        if (!operation[key]) gaps.push(`${where}: no ${key}`);
      for (const parameter of ((operation['parameters'] ?? []) as Part[]).map(resolve)) {
        const named = `${where} ${String(parameter['name'])}`;
        if (!parameter['description']) gaps.push(`${named}: no description`);
        if (!shows(parameter)) schema((parameter['schema'] ?? {}) as Part, named);
      }
      if (operation['requestBody']) content(operation['requestBody'] as Part, `${where} body`);
      for (const [status, answer] of entries(operation['responses'])) {
        const response = resolve(answer);
        if (!/^(204|3..)$/.test(status)) content(response, `${where} ${status}`);
        for (const [name, header] of entries(response['headers']))
          schema((header['schema'] ?? {}) as Part, `${where} ${status} ${name}`);
      }
    }
  }
  return gaps;
}
