import { z } from 'zod';
import { defineConfig } from '../config/define-config.js';

export const mailConfig = defineConfig(
  'mail',
  {
    MAIL_URL: z
      .string()
      .regex(/^(smtps?:\/\/.+|file:)$/, 'must begin with smtp:// or smtps://, or be file:')
      .default('file:')
      .meta({
        description:
          '`smtp://` or `smtps://user:password@host:port`; `file:` writes mails into `DATA_DIR/mail`',
        productionNeeds:
          'a mail server such as smtp://user:password@mail.example:587; with file: mails become files in DATA_DIR/mail',
      }),
    MAIL_FROM: z
      .string()
      .regex(/^[^\r\n]+@[^\r\n]+$/, 'must be an address, such as "Steward <no-reply@example.com>"')
      .max(320)
      .default('Steward <no-reply@localhost>')
      .meta({
        description: 'the sender of mails',
        productionNeeds: 'the sender of mails, such as "Shop <no-reply@shop.example>"',
      }),
  },
  (env) => ({
    /** Where mail is handed over; undefined: `.eml` files in DATA_DIR/mail. */
    url: env.MAIL_URL === 'file:' ? undefined : env.MAIL_URL,
    from: env.MAIL_FROM,
  }),
);
