export { bootVault, CountedQueries, type BootedVault } from './boot-vault.js';
export { AllowReveals, Person, PeopleModule, Receipt, RememberReveals } from './people.js';
