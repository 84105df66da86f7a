import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { z } from 'zod';

/** What follows the user in the address of a database server: `host:port/database`. */
const withoutUser = (address: string): string => address.replace(/^\w+:\/\/([^/]*@)?/, '');

/** The address of a database server. What TypeORM would silently drop is refused. */
export const databaseAddress = z
  .string()
  .regex(/^(mysql|mariadb):\/\//, { error: 'must begin with mysql://', abort: true })
  .refine((address) => /\/./.test(withoutUser(address)), 'must end with the name of the database')
  .refine(
    (address) => !withoutUser(address).includes('?'),
    'must end with the name of the database: nothing behind a "?" is read. TLS is set with DATABASE_TLS and DATABASE_CA, ' +
      'the number of connections with DATABASE_POOL_SIZE',
  );

export const tlsMode = z.enum(['off', 'verify-ca', 'verify-full']);

export const certificates = z.string().refine(isCertificates, 'must be certificates in PEM, one or more');

function isCertificates(pem: string): boolean {
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  try {
    return certificates.map((each) => new X509Certificate(each)).length > 0;
  } catch {
    return false;
  }
}

/** How connections to the database server are encrypted. */
export interface DatabaseTls {
  /** The authorities that may have signed the server's certificate, in PEM; unset means those that Node trusts. */
  readonly ca: string | undefined;
  /** Whether the certificate must be for the host that the address names, too. */
  readonly verifyIdentity: boolean;
}

interface TlsSettings {
  readonly DATABASE_URL?: string | undefined;
  readonly DATABASE_MIGRATION_URL?: string | undefined;
  readonly DATABASE_TLS: z.output<typeof tlsMode>;
  readonly DATABASE_CA?: string | undefined;
}

/** What the settings say together; undefined means in clear. Throws an Error that names what is wrong. */
export function databaseTls(env: TlsSettings): DatabaseTls | undefined {
  if (env.DATABASE_TLS === 'off') {
    if (env.DATABASE_CA === undefined) return undefined;
    throw new Error('DATABASE_CA: is of no use without DATABASE_TLS; set that to verify-ca or verify-full');
  }
  const verifyIdentity = env.DATABASE_TLS === 'verify-full';
  // mysql2 does not hand Node an IP address to compare, and Node would take the name to be localhost.
  const byNumber = (['DATABASE_URL', 'DATABASE_MIGRATION_URL'] as const).filter(
    (name) => isIP(withoutUser(env[name] ?? '').replace(/[:/].*/s, '')) !== 0,
  );
  if (verifyIdentity && byNumber.length > 0) {
    throw new Error(
      `${byNumber.join(' and ')}: must name the host, and not its IP address, with DATABASE_TLS=verify-full`,
    );
  }
  return { ca: env.DATABASE_CA, verifyIdentity };
}
