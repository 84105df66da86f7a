import 'reflect-metadata';
import { describe, expect, it } from 'vitest';
import { feature } from '#kernel';
import { PurposeCatalogue } from './purpose-catalogue.js';
import { PurposePolicy } from './purpose-policy.js';

const support = { description: 'Answering customers', legalBasis: 'contract' } as const;

describe('the policy on purposes', () => {
  it('accepts what a room declares and refuses everything else', async () => {
    feature({ name: 'helpdesk', purposes: { 'helpdesk.support': support } });
    const policy = new PurposePolicy(new PurposeCatalogue());
    await expect(policy.check('helpdesk.support')).resolves.toBeUndefined();
    await expect(policy.check('curiosity')).rejects.toThrow('privacy.purpose_unknown');
  });

  it('refuses two rooms that declare the same purpose', () => {
    feature({ name: 'other-desk', purposes: { 'helpdesk.support': support } });
    expect(() => new PurposeCatalogue()).toThrow('other-desk');
  });
});
