import { readFileSync } from 'node:fs';

/** Of an attribute: what it holds, and whether it must be there. */
interface AttributeRule {
  readonly required?: true;
  readonly array?: true;
  readonly enum?: readonly number[];
  /** The name of the object it holds. */
  readonly object?: string;
  /** The primitive type otherwise. */
  readonly type?: string;
}

interface Shape {
  readonly attributes: Readonly<Record<string, AttributeRule>>;
  readonly atLeastOne: readonly string[];
}

interface EventClass extends Shape {
  readonly caption: string;
  readonly activities: Readonly<Record<string, string>>;
}

/**
 * The classes and objects of OCSF 1.8.0 that the export uses, taken from the published schema
 * (https://github.com/ocsf/ocsf-schema, tag v1.8.0, Apache License 2.0) with what they inherit.
 */
export const ocsfSchema = JSON.parse(readFileSync(new URL('ocsf-1.8.0.json', import.meta.url), 'utf8')) as {
  readonly version: string;
  readonly classes: Readonly<Record<string, EventClass>>;
  readonly objects: Readonly<Record<string, Shape>>;
};

type Value = Readonly<Record<string, unknown>>;

/** What is wrong with an event, by the schema; nothing when it is valid. */
export function ocsfFaults(event: Value): string[] {
  const of = ocsfSchema.classes[String(event['class_uid'])];
  if (!of) return [`no class ${String(event['class_uid'])}`];
  const faults = shapeFaults('', event, of);
  const { activity_id: activity, activity_name: name, class_uid: uid } = event;
  if (Number(event['category_uid']) !== Math.floor(Number(uid) / 1000)) faults.push('category_uid');
  if (event['type_uid'] !== Number(uid) * 100 + Number(activity)) faults.push('type_uid');
  if (event['class_name'] !== of.caption) faults.push('class_name');
  if (activity !== 99 && of.activities[String(activity)] !== name) faults.push('activity_name');
  return faults;
}

function shapeFaults(path: string, value: Value, { attributes, atLeastOne }: Shape): string[] {
  const faults = Object.entries(attributes)
    .filter(([name, { required }]) => required && value[name] === undefined)
    .map(([name]) => `${path}${name} is missing`);
  if (atLeastOne.length > 0 && !atLeastOne.some((name) => value[name] !== undefined))
    faults.push(`${path} has none of ${atLeastOne.join(', ')}`);
  for (const [name, member] of Object.entries(value)) {
    const rule = attributes[name];
    if (!rule) faults.push(`${path}${name} is unknown`);
    else if (rule.array !== Array.isArray(member) && (rule.array || Array.isArray(member)))
      faults.push(`${path}${name} is an array or not`);
    else
      for (const each of rule.array ? (member as unknown[]) : [member])
        faults.push(...memberFaults(`${path}${name}`, each, rule));
  }
  return faults;
}

function memberFaults(
  path: string,
  value: unknown,
  { object, type, enum: allowed }: AttributeRule,
): string[] {
  if (allowed && !allowed.includes(Number(value))) return [`${path} is ${String(value)}`];
  if (object !== undefined) {
    const shape = ocsfSchema.objects[object];
    // Any object, of which the schema says nothing.
    if (!shape) return typeof value === 'object' ? [] : [`${path} is no object`];
    return shapeFaults(`${path}.`, value as Value, shape);
  }
  if (type === 'json_t') return [];
  const wanted = { integer_t: 'number', long_t: 'number', boolean_t: 'boolean', string_t: 'string' }[
    type ?? ''
  ];
  return typeof value === wanted ? [] : [`${path} is no ${type}`];
}
