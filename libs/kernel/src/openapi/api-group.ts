import { applyDecorators } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

const descriptions = new Map<string, string>();

/** Puts a controller's routes under a tag of the API document, with a sentence about them. */
export function ApiGroup(name: string, description: string): ClassDecorator & MethodDecorator {
  descriptions.set(name, description);
  return applyDecorators(ApiTags(name));
}

/** The sentence about a tag, or a plain one where only `@ApiTags` names it. */
export const groupDescription = (name: string): string =>
  descriptions.get(name) ?? `Operations on ${name.toLowerCase()}.`;
