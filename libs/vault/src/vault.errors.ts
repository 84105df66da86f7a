import { defineErrors } from '#kernel';

export const vaultErrors = defineErrors('vault', {
  'vault.blind_index_taken': {
    status: 409,
    title: 'The value is already in use',
    detail: 'Another record holds this value. Choose a different one.',
  },
  'vault.subject_erased': {
    status: 409,
    title: 'The person has been erased',
    detail: 'The personal data of this person was erased, and nothing more can be stored about them here.',
  },
});
