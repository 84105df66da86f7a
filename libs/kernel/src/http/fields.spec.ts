import { Body, Controller, Get, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, type OpenAPIObject } from '@nestjs/swagger';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BootedHttp, bootTestHttp } from '#kernel/testing';
import { newId } from '../ids/ids.js';
import { Public } from './access/access.js';
import { ChoiceField, IdField, IntegerField, LineField, PatternField, TextField } from './fields.js';
import { IdParam, PathParam } from './path-params.js';
import { IsReadable, Trimmed } from './visible-text.js';

const said = { description: 'Something.' };

class Parcel {
  @LineField({ ...said, maxLength: 5 }) readonly name: string;
  @TextField({ ...said, minLength: 2, maxLength: 4, optional: true }, Trimmed()) readonly note?: string;
  @TextField({ ...said, maxLength: 20, optional: true }, IsReadable()) readonly remark?: string;
  @PatternField({ ...said, pattern: /^[A-Z]{2}$/, rule: 'must be a country' }) readonly country: string;
  @IdField('usr', said) readonly to: string;
  @IntegerField({ ...said, minimum: 1, maximum: 9 }) readonly weight: number;
  @ChoiceField(['air', 'sea'], { ...said, enumName: 'Way', optional: true, standard: 'sea' })
  readonly way?: string;
}

@Public()
@Controller('v1/parcels')
class ParcelsController {
  @Post()
  @ApiOperation({ operationId: 'sendParcel', summary: 'Send a parcel' })
  @ApiOkResponse()
  send(@Body() body: Parcel): Parcel {
    return body;
  }

  @Get(':id')
  @ApiOperation({ operationId: 'getParcel', summary: 'Find a parcel' })
  @ApiOkResponse()
  get(@IdParam('par', 'The parcel.') id: string): object {
    return { id };
  }

  @Get('to/:country')
  @ApiOperation({ operationId: 'listParcels', summary: 'Find the parcels to a country' })
  @ApiOkResponse()
  list(
    @PathParam('country', { ...said, pattern: /^[A-Z]{2}$/, rule: 'must be a country', example: 'DE' })
    country: string,
  ): object {
    return { country };
  }
}

describe('what a request holds', () => {
  let http: BootedHttp;
  let document: OpenAPIObject;
  const good = { name: ' Ada ', country: 'DE', to: newId('usr'), weight: 3 };
  beforeAll(async () => {
    http = await bootTestHttp({ controllers: [ParcelsController], ports: {} });
    document = (await http.inject({ url: '/openapi.json' })).json<OpenAPIObject>();
  });
  afterAll(() => http.close());

  const send = async (body: object) => {
    const answer = await http.inject({ method: 'POST', url: '/v1/parcels', payload: body });
    return { status: answer.statusCode, body: answer.json<{ errors?: object[] }>() };
  };

  it('is taken within its bounds, and left out where it may be', async () => {
    expect(await send(good)).toEqual({ status: 201, body: { ...good, name: 'Ada' } });
    expect(await send({ ...good, note: ' ab ', way: 'air' })).toMatchObject({ body: { note: 'ab' } });
    for (const name of ['نگ\u200cی', '👩‍🚀', 'é']) expect((await send({ ...good, name })).status).toBe(201);
    expect((await send({ ...good, remark: 'One,\n\ttwo' })).status).toBe(201);
    expect((await send({ ...good, remark: '' })).status).toBe(201);
  });

  it.each([
    ['name', ' ', 'name must be longer'],
    ['name', 'Lovelace', 'name must be shorter'],
    ['name', 5, 'name must be a string'],
    ['name', 'A\nB', 'name must hold at least one visible character'],
    ['name', '\u200b\u200b', 'name must hold at least one visible character'],
    ['name', '\u3164\u2800', 'name must hold at least one visible character'],
    ['name', 'A\u202eB', 'name must hold at least one visible character'],
    ['remark', 'A\u2066B', 'remark must hold no control characters'],
    ['remark', 'A\u0007B', 'remark must hold no control characters'],
    ['note', 'a', 'note must be longer than or equal to 2'],
    ['note', null, 'note must be a string'],
    ['country', 'de', 'country must be a country'],
    ['to', newId('pay'), 'to must be an id that begins with "usr_"'],
    ['weight', 10, 'weight must not be greater than 9'],
    ['weight', 1.5, 'weight must be an integer'],
    ['way', 'rail', 'way must be one of'],
  ])('is refused with a pointer to %s when that is %j', async (field, value, detail) => {
    const { status, body } = await send({ ...good, [field]: value });
    expect(status).toBe(400);
    expect(body.errors).toEqual([
      { pointer: `/${field}`, detail: expect.stringContaining(detail) as string },
    ]);
  });

  it('is documented with the bounds that are checked', () => {
    expect(document.components?.schemas?.['Parcel']).toMatchObject({
      required: ['name', 'country', 'to', 'weight'],
      properties: {
        name: { type: 'string', minLength: 1, maxLength: 5 },
        note: { type: 'string', minLength: 2, maxLength: 4 },
        country: { type: 'string', pattern: '^[A-Z]{2}$' },
        to: { type: 'string', pattern: '^usr_[0-7][0-9a-hjkmnp-tv-z]{25}$' },
        weight: { type: 'integer', minimum: 1, maximum: 9 },
        way: { default: 'sea' },
      },
    });
  });

  it('is checked in the path as well, and documented there', async () => {
    const id = newId('par');
    expect((await http.inject({ url: `/v1/parcels/${id}` })).json()).toEqual({ id });
    const wrong = await http.inject({ url: `/v1/parcels/${newId('usr')}` });
    expect(wrong.json()).toMatchObject({
      code: 'kernel.validation_failed',
      errors: [{ pointer: '/id', detail: 'id must be an id that begins with "par_" (in the path)' }],
    });
    expect((await http.inject({ url: '/v1/parcels/to/DE' })).json()).toEqual({ country: 'DE' });
    const nowhere = await http.inject({ url: '/v1/parcels/to/de' });
    expect(nowhere.json()).toMatchObject({ errors: [{ detail: 'country must be a country (in the path)' }] });
    expect(document.paths['/v1/parcels/{id}']?.get?.parameters).toEqual([
      {
        name: 'id',
        in: 'path',
        required: true,
        description: 'The parcel.',
        schema: {
          type: 'string',
          pattern: '^par_[0-7][0-9a-hjkmnp-tv-z]{25}$',
          example: 'par_01k4z0q8b6f7e9a2c3d4e5f6g7',
        },
      },
    ]);
  });
});
