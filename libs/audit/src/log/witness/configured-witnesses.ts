import { parseVkey } from '../note/key.js';
import { NoteError } from '../note/text.js';
import type { ConfiguredWitness } from './cosign.js';

/** As many as every reader of signed notes can be relied on to take (C2SP signed-note), the log's own keys beside them. */
const MOST = 12;
const MOST_CHARACTERS = 255;

/** Reads `<address> <vkey>` of each witness, separated by commas or line breaks. Says everything that is wrong. */
export function parseWitnesses(text: string): { witnesses: ConfiguredWitness[]; mistakes: string[] } {
  const witnesses: ConfiguredWitness[] = [];
  const mistakes: string[] = [];
  const entries = text
    .split(/[,\n]/)
    .map((entry) => entry.trim())
    .filter(Boolean);
  for (const [index, entry] of entries.entries()) {
    const say = (what: string) => void mistakes.push(`witness ${index + 1} (${entry}): ${what}`);
    const [address = '', vkey = '', ...rest] = entry.split(/\s+/);
    if (vkey === '' || rest.length > 0) {
      say('must be an address and a verifier key with a blank between them');
      continue;
    }
    const url = addressOf(address);
    if (url === undefined) say('the address must be http(s) without user, query and fragment');
    try {
      const key = parseVkey(vkey);
      if (key.kind !== 'cosignature') say('the key is that of a log, not of a witness (type 4)');
      if (key.name.length > MOST_CHARACTERS) say(`the name has more than ${MOST_CHARACTERS} characters`);
      if (witnesses.some((other) => other.key.name === key.name)) say('another witness has the same name');
      witnesses.push({ key, url: url ?? '' });
    } catch (error) {
      if (!(error instanceof NoteError)) throw error;
      say(error.message);
    }
  }
  if (entries.length > MOST) mistakes.push(`there are ${entries.length} witnesses; ${MOST} is the most`);
  return { witnesses, mistakes };
}

function addressOf(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    `${url.username}${url.password}${url.search}${url.hash}` === '';
  return isPlain ? url.href.replace(/\/+$/, '') : undefined;
}
