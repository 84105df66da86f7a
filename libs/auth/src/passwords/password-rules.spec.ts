import { expect, it } from 'vitest';
import { weaknessOf } from './password-rules.js';

it.each([
  'correct horse battery staple',
  'ein Satz, den nur ich kenne',
  'Tr0ub4dor&3x',
  '🦊🦊🦊🦊 🐢🐢🐢🐢',
  'x'.repeat(255) + 'y',
])('accepts %s', (password) => {
  expect(weaknessOf(password, 'ada@example.com')).toBeUndefined();
});

it.each([
  ['seven77', 'at least 8'],
  ['🦊🦊🦊🦊🦊🦊🦊', 'at least 8'],
  ['xy'.repeat(129), 'at most 256'],
  ['PASSWORD123', 'tried first'],
  ['ｐassword123', 'tried first'],
  ['zzzzzzzzzz', 'tried first'],
  ['23456789', 'tried first'],
  ['hgfedcba', 'tried first'],
  ['Ada.Lovelace@example.com', 'e-mail address'],
  ['ada.lovelace', 'e-mail address'],
])('refuses %s', (password, reason) => {
  expect(weaknessOf(password, 'ada.lovelace@example.com')).toContain(reason);
});
