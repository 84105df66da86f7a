import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsArray, IsString, ValidateNested } from 'class-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BootedHttp, bootTestHttp } from '#kernel/testing';
import { Public } from './access/access.js';
import { PageQuery } from './pagination.js';

class Wheel {
  @IsString() readonly name: string;
}

class Cart {
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Wheel)
  readonly wheels: Wheel[];
}

@Public()
@Controller('v1/carts')
class CartsController {
  @Post()
  create(@Body() body: Cart): Cart {
    return body;
  }

  @Get()
  list(@Query() query: PageQuery): PageQuery {
    return query;
  }
}

describe('input', () => {
  let http: BootedHttp;
  beforeAll(async () => {
    http = await bootTestHttp({ controllers: [CartsController], ports: {} });
  });
  afterAll(() => http.close());

  const post = async (payload: string | Buffer, headers: Record<string, string> = {}) => {
    const type = { 'content-type': 'application/json' };
    const answer = await http.inject({
      method: 'POST',
      url: '/v1/carts',
      headers: { ...type, ...headers },
      payload,
    });
    return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
  };
  const list = async (query: string) => (await http.inject({ url: `/v1/carts?${query}` })).json<object>();

  it.each(['toString', 'constructor', 'prototype', 'hasOwnProperty', '__proto__', '__defineGetter__'])(
    'is refused for the name %s, which every object has, instead of losing it',
    async (name) => {
      const detail = `${name} cannot be used as a name`;
      const { status, body } = await post(`{"wheels":[{"name":"left","${name}":{}}],"${name}":1}`);
      expect([status, body['errors']]).toEqual([
        400,
        [
          { pointer: `/wheels/0/${name}`, detail },
          { pointer: `/${name}`, detail },
        ],
      ]);
      const errors = [{ pointer: `/${name}`, detail: `${detail} (in the query)` }];
      expect(await list(`${name}=1`)).toMatchObject({ status: 400, errors });
    },
  );

  it.each(['0x10', '1e2', '%2B5', '%205', '5.0', '', '٥', '5&limit=6'])(
    'is refused for limit=%s',
    async (limit) => {
      const errors = [{ pointer: '/limit', detail: 'limit must be an integer number (in the query)' }];
      expect(await list(`limit=${limit}`)).toMatchObject({ status: 400, errors });
    },
  );

  it.each(['cursor=%FF', 'cursor=%', '%c3%28=1'])('is refused for the query %s', async (query) => {
    expect(await list(query)).toMatchObject({ status: 400, code: 'kernel.malformed_request' });
  });

  it.each([
    ['another charset', 'application/json; charset=latin1', {}],
    ['a compressed body', 'application/json', { 'content-encoding': 'gzip' }],
  ])('is refused for %s', async (_name, type, headers) => {
    const { status, body } = await post('{"wheels":[]}', { 'content-type': type, ...headers });
    expect([status, body['code']]).toEqual([415, 'kernel.unsupported_media_type']);
  });

  it('is refused for bytes that are no UTF-8', async () => {
    const { status, body } = await post(Buffer.from('{"wheels":[{"name":"\xff"}]}', 'latin1'));
    expect([status, body['code']]).toEqual([400, 'kernel.malformed_request']);
  });

  it.each(['application/json;charset=UTF-8', 'application/json; charset="utf8"'])(
    'is taken as %s, with a byte order mark or without',
    async (type) => {
      for (const mark of ['', '\ufeff'])
        expect((await post(`${mark}{"wheels":[]}`, { 'content-type': type })).status).toBe(201);
    },
  );
});
