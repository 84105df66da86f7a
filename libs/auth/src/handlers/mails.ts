/** A mail without its addressee. */
export interface MailText {
  readonly subject: string;
  readonly text: string;
}

const link = (appUrl: string, path: string, token: string) =>
  `${appUrl}/${path}?token=${encodeURIComponent(token)}`;

/**
 * Names are left out of mails to addresses that nobody has verified: whoever registers a stranger's address
 * would otherwise get to write them a line.
 */
export const verificationMail = (appUrl: string, token: string): MailText => ({
  subject: 'Confirm your e-mail address',
  text: `Welcome!

Somebody, we hope you, registered with this e-mail address. To confirm it, open

${link(appUrl, 'verify-email', token)}

If it was not you, do nothing: the registration expires by itself.
`,
});

export const alreadyRegisteredMail = (appUrl: string): MailText => ({
  subject: 'You already have an account',
  text: `Hello,

somebody, probably you, tried to register with this e-mail address. It already has an account, and nothing was
changed. To log in, or to choose a new password if you forgot yours, go to

${appUrl}

If it was not you, do nothing.
`,
});

export const passwordResetMail = (appUrl: string, token: string): MailText => ({
  subject: 'Choose a new password',
  text: `Hello,

somebody, we hope you, asked for a new password for your account. To choose one, open

${link(appUrl, 'reset-password', token)}

The link works once, and not for long. If it was not you, do nothing: your password stays as it is.
`,
});

export const passwordChangedMail = (appUrl: string): MailText => ({
  subject: 'Your password was changed',
  text: `Hello,

the password of your account was just changed, and everyone who was logged in was logged out. If it was you, there is nothing to do.

If it was not you, choose a new password at once:

${appUrl}
`,
});
