import type { AllowedDeletion, AllowedTransition } from './transitions.js';

/** What an entry holds beside its leaf. It is dropped as a whole when its retention ends; the leaf's columns stay. */
export const PAYLOAD_COLUMNS = [
  'error_code',
  'session_id',
  'request_id',
  'trace_id',
  'subject_id',
  'purpose',
  'details',
  'address_subject_id',
  'client_address',
] as const;

const PLACE = ['leaf_index', 'log_number'];
const PLACE_OF_ENTRY = [...PLACE, 'salt', 'payload_hash'];

/** The payload of the entry at the same place was dropped. */
const EXPIRED = { owner: 'audit_entry', ownerSet: ['leaf_index'], ownerNull: ['salt'] };

/** What may still happen to a row of the record. */
export const TRANSITIONS: Readonly<Record<string, readonly AllowedTransition[]>> = {
  audit_entry: [
    { whileNull: PLACE_OF_ENTRY, sets: PLACE_OF_ENTRY },
    { onceSet: ['leaf_index'], clears: ['salt', ...PAYLOAD_COLUMNS] },
  ],
  row_change: [
    { whileNull: PLACE, sets: PLACE },
    // Whose change it is remains a claim until its entry is sequenced; adoption corrects a false one.
    { whileNull: PLACE, sets: ['entry_id'] },
  ],
};

/** Which rows of the record may go. */
export const DELETIONS: Readonly<Record<string, AllowedDeletion>> = {
  row_change: { ...EXPIRED, match: { leaf_index: 'leaf_index', log_number: 'log_number' } },
  audit_entry_subject: { ...EXPIRED, match: { id: 'entry_id' } },
};
