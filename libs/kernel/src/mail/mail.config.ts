import { z } from 'zod';
import { defineConfig } from '../config/define-config.js';

export const mailConfig = defineConfig(
  'mail',
  {
    MAIL_URL: z
      .string()
      .regex(/^smtps?:\/\//, 'must begin with smtp:// or smtps://')
      .optional(),
    MAIL_FROM: z
      .string()
      .regex(/^[^\r\n]+@[^\r\n]+$/, 'must be an address, such as "Steward <no-reply@example.com>"')
      .max(320)
      .default('Steward <no-reply@localhost>'),
  },
  (env) => ({
    /** Where mail is handed over; undefined: `.eml` files in DATA_DIR/mail. */
    url: env.MAIL_URL,
    from: env.MAIL_FROM,
  }),
);
