import { defineType, ValueTypes } from '../src/index.ts'

/**
 * Values and their fingerprints, format 1. Every release and every runtime has to give these: a changed fingerprint
 * makes all users' entries with a `hashVal` invalid. Add vectors, never change one.
 *
 * `bytes` are the canonical bytes in hexadecimal, whose SHA-256 the fingerprint is; left out where they are many.
 */
export interface FingerprintVector {
  readonly name: string
  readonly value: unknown
  readonly bytes?: string
  readonly fingerprint: string
}

class Point {
  readonly x: number
  readonly y: number

  constructor(x: number, y: number) {
    this.x = x
    this.y = y
  }
}

class Ring {
  readonly next = this
}

/** The registered classes that the vectors need. */
export const vectorTypes = new ValueTypes([
  defineType({
    tag: 'point',
    class: Point,
    encode: ({ x, y }) => [x, y] as const,
    decode: ([x, y]) => new Point(x, y),
  }),
  defineType({ tag: 'ring', class: Ring, encode: ring => ({ next: ring.next }), decode: () => new Ring() }),
])

function sparse(): unknown[] {
  const array: unknown[] = Array(6)
  array[1] = 'one'
  array[4] = 'four'
  return array
}

function selfContaining(): unknown[] {
  const array: unknown[] = []
  array.push(array)
  return array
}

function parentAndChild(): object {
  const child: { name: string; parent?: object } = { name: 'child' }
  const parent = { name: 'parent', children: [child] }
  child.parent = parent
  return parent
}

function shared(): object[] {
  const object = { a: 1 }
  return [object, object]
}

export const vectors: readonly FingerprintVector[] = [
  {
    name: 'undefined',
    value: undefined,
    bytes: '75',
    fingerprint: '0bfe935e70c321c7ca3afc75ce0d0ca2f98b5422e008bb31c00c6d7f1f1c0ad6',
  },
  {
    name: 'null',
    value: null,
    bytes: '6e',
    fingerprint: '1b16b1df538ba12dc3f97edbb85caa7050d46c148134290feba80f8236c83db9',
  },
  {
    name: 'true',
    value: true,
    bytes: '74',
    fingerprint: 'e3b98a4da31a127d4bde6e43033f66ba274cab0eb7eb1c70ec41402bf6273dd8',
  },
  {
    name: 'false',
    value: false,
    bytes: '66',
    fingerprint: '252f10c83610ebca1a059c0bae8255eba2f95be4d1d7bcfa89d7248a82d9f111',
  },
  {
    name: 'zero',
    value: 0,
    bytes: '640000000000000000',
    fingerprint: '019f76127757f5d29dd33fbdca211fdc0ece9b093995fdb2706a5a8805c0e2b9',
  },
  {
    name: 'negative zero',
    value: -0,
    bytes: '640000000000000080',
    fingerprint: 'c36912e5f41380ee5a433b9d6e181a998f042cb05fdfa7ef1e0d127ff6db2297',
  },
  {
    name: 'one',
    value: 1,
    bytes: '64000000000000f03f',
    fingerprint: 'ff7e1db9f61abe63c847bc6d7900f8f06941cd500725c7ab190774bd25f88d2c',
  },
  {
    name: 'a fraction',
    value: 0.1,
    bytes: '649a9999999999b93f',
    fingerprint: 'b0fb12e72eaa88e27810782dbd9867174642f6d54d747639e9bd1cd236c88951',
  },
  {
    name: 'the largest number',
    value: Number.MAX_VALUE,
    bytes: '64ffffffffffffef7f',
    fingerprint: 'bfa17bd3c9b75f594a82c82f8c35fba83a161a106587e6c7e63cbeebb6046e8d',
  },
  {
    name: 'NaN',
    value: Number.NaN,
    bytes: '64000000000000f87f',
    fingerprint: 'e40479eb8228970d9426152a6e309dfa5fdf56da2e60c98fa077254c1ca644b6',
  },
  {
    name: 'infinity',
    value: Number.POSITIVE_INFINITY,
    bytes: '64000000000000f07f',
    fingerprint: 'e2126c10677e94289ff152dc34c954dca55de7bceab2d99d8ae24e9b5c1897ba',
  },
  {
    name: 'the bigint one',
    value: 1n,
    bytes: '69010000003100',
    fingerprint: 'e57f75ceb88486e2a6c853a4277bb2ae5f139f3c356d49ecc53ee7639985fe40',
  },
  {
    name: 'a large negative bigint',
    value: -(2n ** 70n),
    bytes:
      '69170000002d003100310038003000350039003100360032003000370031003700340031003100330030003300340032003400',
    fingerprint: '57ea8d95b1ae27479f599d7437eed80b42adc43e28b884e2cb09bc143b8bb7c1',
  },
  {
    name: 'the empty text',
    value: '',
    bytes: '7300000000',
    fingerprint: '9d1ad79533ff47fcea9a3a6250cc0077f5a6ed8fefe56f443f966521fcffe6a7',
  },
  {
    name: 'the text one',
    value: '1',
    bytes: '73010000003100',
    fingerprint: '780a8acc51df83c28b063e50e7e983f7d9c1e33318d73951c151a977adb9cc92',
  },
  {
    name: 'text beyond ASCII',
    value: 'Grüße, 世界 \u{1F98C}',
    bytes: '730c00000047007200fc00df0065002c002000164e4c7520003ed88cdd',
    fingerprint: 'b4c951bd78147be9483d55e790078a8072c6e9fa68ed72e2706b50f08e1bdb42',
  },
  {
    name: 'a lone high surrogate',
    value: '\uD83E',
    bytes: '73010000003ed8',
    fingerprint: '9d8baa0bcc992ba53ddf88596bfe1639343c2ed135850fd475bd15b68d9ebd41',
  },
  {
    name: 'a lone low surrogate',
    value: '\uDD8C',
    bytes: '73010000008cdd',
    fingerprint: '8e270a3efae8886106916fdc696d9eb1c831ffbcb0d06db9d67e32993334b89f',
  },
  {
    name: 'composed (NFC)',
    value: '\u00E9',
    bytes: '7301000000e900',
    fingerprint: 'b17bc10c2f5e6c7c64f6c2e9dcdaddb3becc2fd10be80b0ea3b2ed860afa38ba',
  },
  {
    name: 'decomposed (NFD)',
    value: 'e\u0301',
    bytes: '730200000065000103',
    fingerprint: 'c3054e37cb1b5c048a10b0b22ec0ef2462409c5afc2d63332aea3f9ae29e66ad',
  },
  {
    name: 'an empty array',
    value: [],
    bytes: '6100000000',
    fingerprint: '8de8cd75798aab2cec56bcc45f463021a916a8accad171eecdf06718ef09eefb',
  },
  {
    name: 'two texts',
    value: ['a', 'b'],
    bytes: '61020000007301000000610073010000006200',
    fingerprint: '39abf44adf1cc71e970768d858d820f13a981f270e3c656201ee3c2dc0c8b399',
  },
  {
    name: 'one text that looks like two',
    value: ['astr:b'],
    bytes: '6101000000730600000061007300740072003a006200',
    fingerprint: 'd364a073bc0c5e43fd0b8df5ead886773b82f227b301b8719d3fa34485da5003',
  },
  {
    name: 'an array in an array',
    value: [[]],
    bytes: '61010000006100000000',
    fingerprint: '98b65f2ce60bf89228d8c006abeda6527a2320544453984e10f63272c08cb913',
  },
  {
    name: 'elements one, text one and null',
    value: [1, '1', null],
    bytes: '610300000064000000000000f03f730100000031006e',
    fingerprint: 'e96be7f9f7da09ba0ff77f2ca751d1166ed0933dd49c19792c826fdbdc025ae4',
  },
  {
    name: 'an element that is undefined',
    value: [undefined],
    bytes: '610100000075',
    fingerprint: '10d97ef4ccd69694bfb1ee7dda04fe0c4d5285011f25981e904c5d7cc7352982',
  },
  {
    name: 'a hole',
    value: Array(1),
    bytes: '61010000006801000000',
    fingerprint: 'b76ed0861dfb637d4dcfc2b5a033817229728cc9eeaddf3c706ccfd59e8ed28f',
  },
  {
    name: 'holes around an element',
    value: sparse(),
    bytes: '6106000000680100000073030000006f006e0065006802000000730400000066006f00750072006801000000',
    fingerprint: 'c1750095df09e3ca8646604948be718934779fc49b91eec537d10156e550b763',
  },
  {
    name: 'an array of holes of great length',
    value: Array(2 ** 32 - 1),
    bytes: '61ffffffff68ffffffff',
    fingerprint: '503368fe3a5922b20c1279f4dc1653114cfe2d594080f17879b4cea7635ed8ad',
  },
  {
    name: 'an array with a property',
    value: Object.assign([1], { name: 'one' }),
    bytes: '410100000064000000000000f03f01000000040000006e0061006d00650073030000006f006e006500',
    fingerprint: 'ad7b8c973b240a655fd6a901045d08d4ff00648cc8fd1421372302228a6bc5b0',
  },
  {
    name: 'a match of a regular expression',
    value: /(?<letter>b)/.exec('abc'),
    bytes:
      '410200000073010000006200730100000062000300000006000000670072006f007500700073006f01000000060000006c0065007400740065007200730100000062000500000069006e0064006500780064000000000000f03f0500000069006e007000750074007303000000610062006300',
    fingerprint: '2e1763e04efe78b2cfec1a747b0f87636178098c2fcf03358ff6ce57063cf65a',
  },
  {
    name: 'an empty object',
    value: {},
    bytes: '6f00000000',
    fingerprint: 'fc4a3d5af293d9a8fb363eb5443024d212a80b7432b286bf24d4628eac27a57c',
  },
  {
    name: 'an object without prototype',
    value: Object.create(null),
    bytes: '6f00000000',
    fingerprint: 'fc4a3d5af293d9a8fb363eb5443024d212a80b7432b286bf24d4628eac27a57c',
  },
  {
    name: 'properties in order',
    value: { a: 1, b: 2 },
    bytes: '6f0200000001000000610064000000000000f03f010000006200640000000000000040',
    fingerprint: '65e83dbcc3a2ca760c240fd272ba59d00ea85e56efaaf9e85af56c1caa184a88',
  },
  {
    name: 'properties in another order',
    value: { b: 2, a: 1 },
    bytes: '6f0200000001000000610064000000000000f03f010000006200640000000000000040',
    fingerprint: '65e83dbcc3a2ca760c240fd272ba59d00ea85e56efaaf9e85af56c1caa184a88',
  },
  {
    name: 'a property that is undefined',
    value: { a: undefined },
    bytes: '6f0100000001000000610075',
    fingerprint: '4c420d8ae85b51eee81dda0de48025dce6294eaa3e3ff1ee5dd81c7f24d01686',
  },
  {
    name: 'a key __proto__',
    value: JSON.parse('{"__proto__":1}'),
    bytes: '6f01000000090000005f005f00700072006f0074006f005f005f0064000000000000f03f',
    fingerprint: '020cdad71d0c9fc65adefb8eaaa49b63f5b282890ba1822a82500fed86d62faa',
  },
  {
    name: 'keys that are numbers',
    value: { 10: 'ten', 9: 'nine', a: 1 },
    bytes:
      '6f0300000002000000310030007303000000740065006e0001000000390073040000006e0069006e00650001000000610064000000000000f03f',
    fingerprint: '8a7c54772a3eb3ed741ca5f9c8d858e0547395ec5f1878f2b71751f59c6384ee',
  },
  {
    name: 'keys by UTF-16 units',
    value: { '\u{10000}': 1, '\uFFFF': 2 },
    bytes: '6f020000000200000000d800dc64000000000000f03f01000000ffff640000000000000040',
    fingerprint: 'a5dfd766624968b155e2913a4eed07744cfb2f9aef74635b4124e644d2586227',
  },
  {
    name: 'nested objects',
    value: { a: { b: { c: [] } } },
    bytes: '6f010000000100000061006f010000000100000062006f010000000100000063006100000000',
    fingerprint: '4738a98c07723ebb561d6346b9f48b502c9430bcc73d08fa5e106fba859c5c1a',
  },
  {
    name: 'the first moment of 1970',
    value: new Date(0),
    bytes: '440000000000000000',
    fingerprint: 'a45bff2be728c2a3bc8f717d63cf960b042edc6fed969d538c8fe87434b5b636',
  },
  {
    name: 'an invalid date',
    value: new Date(Number.NaN),
    bytes: '44000000000000f87f',
    fingerprint: '0b76b521fe1a84f413f16200b3f80aaaeb2bd3a6594e1d9418a167e8749f36e0',
  },
  {
    name: 'a regular expression',
    value: /a+/gi,
    bytes: '520200000061002b000200000067006900',
    fingerprint: '36adc0b8db7e02d10c758c174198c392703810cb09f749f6a8168de90473f3dd',
  },
  {
    name: 'a URL',
    value: new URL('http://localhost/a?b=c'),
    bytes:
      '551600000068007400740070003a002f002f006c006f00630061006c0068006f00730074002f0061003f0062003d006300',
    fingerprint: '2103d1aeab3c088d95bb25c54cdddb60dcada16fa7810a81afad061d03cd0c34',
  },
  {
    name: 'an empty map',
    value: new Map(),
    bytes: '4d00000000',
    fingerprint: 'f1aaaed143d52fc31a96447a0bbfd3a28013c038ec18daa1e4dca9cefe1988bf',
  },
  {
    name: 'a map',
    value: new Map<unknown, unknown>([
      ['a', 1],
      [{}, 2],
    ]),
    bytes: '4d020000007301000000610064000000000000f03f6f00000000640000000000000040',
    fingerprint: '704ab769076394b4deb1232f8d9accb7416993944240da1a99b5164fab37d97c',
  },
  {
    name: 'a map in another order',
    value: new Map<unknown, unknown>([
      [{}, 2],
      ['a', 1],
    ]),
    bytes: '4d020000006f000000006400000000000000407301000000610064000000000000f03f',
    fingerprint: '97377deebdeb98f968e1f69863cc47e97038ff754d64cce2630b1b64802c37c9',
  },
  {
    name: 'a map of NaN',
    value: new Map([[Number.NaN, 0]]),
    bytes: '4d0100000064000000000000f87f640000000000000000',
    fingerprint: '8e49019c987409066cd1871f163e5ba3d0de1edfdacfd821839f77af9f77febf',
  },
  {
    name: 'an empty set',
    value: new Set(),
    bytes: '5300000000',
    fingerprint: '2e2818527e4a6cab6f3ade4fa04e2e972a3d16e6b7ab4ba5068dcc9e2ede5471',
  },
  {
    name: 'a set',
    value: new Set(['a', 1]),
    bytes: '53020000007301000000610064000000000000f03f',
    fingerprint: '57f808d1fdadf321840ac7943f57d5891fe02bd68573b9754286b0b001d106a0',
  },
  {
    name: 'an array buffer',
    value: new Uint8Array([1, 2, 3]).buffer,
    bytes: '420000000000000840010203',
    fingerprint: 'b6ca5bc07faebd3b1bee4f0fb98236cede21f21e16206f759cddb3f0b628110a',
  },
  {
    name: 'a data view',
    value: new DataView(new Uint8Array([1, 2, 3]).buffer),
    bytes: '560000000000000840010203',
    fingerprint: 'd95545062b7c61ff42c4eb9c1645ae42fb99730b4098d255709ebd4e7a139c03',
  },
  {
    name: 'an empty Uint8Array',
    value: new Uint8Array(),
    bytes: '540a000000550069006e0074003800410072007200610079000000000000000000',
    fingerprint: '65ce4f4e9fee583c958ad4494cc6ca867ac2af2ea6ae37ae95487108257a8325',
  },
  {
    name: 'a Uint8Array',
    value: new Uint8Array([1, 2, 3]),
    bytes: '540a000000550069006e0074003800410072007200610079000000000000000840010203',
    fingerprint: '2fdc42e6ed195d3c59612d80738bc7a37fe6a9abb0d786a3d5882aa231e98933',
  },
  {
    name: 'a part of a Uint8Array',
    value: new Uint8Array([0, 1, 2, 3, 4]).subarray(1, 4),
    bytes: '540a000000550069006e0074003800410072007200610079000000000000000840010203',
    fingerprint: '2fdc42e6ed195d3c59612d80738bc7a37fe6a9abb0d786a3d5882aa231e98933',
  },
  {
    name: 'a Uint8ClampedArray',
    value: new Uint8ClampedArray([1, 2, 3]),
    bytes:
      '5411000000550069006e007400380043006c0061006d00700065006400410072007200610079000000000000000840010203',
    fingerprint: '1be6c00bd8952eb4c9406949569e1ea71681c6a42066f32356d3c0ac072ca0aa',
  },
  {
    name: 'an Int8Array',
    value: new Int8Array([1, 2, 3]),
    bytes: '540900000049006e0074003800410072007200610079000000000000000840010203',
    fingerprint: 'fd22e8faa4dc1195d2b860e35837737540cfb49898a615e6b8518de00a3f78d7',
  },
  {
    name: 'a Uint16Array',
    value: new Uint16Array([1, 256]),
    bytes: '540b000000550069006e0074003100360041007200720061007900000000000000104001000001',
    fingerprint: 'da10b72de50f2e4f8fd930da1f5a5c81e0c7fa5d0035b9672a7ba7a551ed7f80',
  },
  {
    name: 'an Int16Array',
    value: new Int16Array([1, -1]),
    bytes: '540a00000049006e007400310036004100720072006100790000000000000010400100ffff',
    fingerprint: 'd2f13b372cb9b0358707b9b84c04eff321dca3142a34463af3f39bb46144ce4c',
  },
  {
    name: 'a Uint32Array',
    value: new Uint32Array([1]),
    bytes: '540b000000550069006e0074003300320041007200720061007900000000000000104001000000',
    fingerprint: '3db12c3dc3a7593e2fd4c330008558103d024e9f0109c09e972052a792b75d27',
  },
  {
    name: 'an Int32Array',
    value: new Int32Array([-1]),
    bytes: '540a00000049006e00740033003200410072007200610079000000000000001040ffffffff',
    fingerprint: '0d6740b247fb2ceff1298494850cdd9ee2c958553a997d2bfc2b854e92dba533',
  },
  {
    name: 'a Float32Array',
    value: new Float32Array([0.5]),
    bytes: '540c00000046006c006f0061007400330032004100720072006100790000000000000010400000003f',
    fingerprint: '59a085a2c3296fcc3dbdb947c1fbb6d855dabb448376dee378ae8c475a4ead2e',
  },
  {
    name: 'a Float64Array',
    value: new Float64Array([0.5]),
    bytes: '540c00000046006c006f006100740036003400410072007200610079000000000000002040000000000000e03f',
    fingerprint: '28186d7eb0472bda466ec83e94910100e40f1399cecac8c837e0526b83280019',
  },
  {
    name: 'a BigInt64Array',
    value: new BigInt64Array([-1n]),
    bytes: '540d00000042006900670049006e00740036003400410072007200610079000000000000002040ffffffffffffffff',
    fingerprint: '38167ef6b2028e9065cf869bc9f31e8cf65ca9c7c92180f76ad4c371c75a5f1a',
  },
  {
    name: 'a BigUint64Array',
    value: new BigUint64Array([1n]),
    bytes:
      '540e000000420069006700550069006e007400360034004100720072006100790000000000000020400100000000000000',
    fingerprint: 'd46a93f6f4ee242f6a3acaf0706142847c6c316c0732ca295891a57c74752d9a',
  },
  {
    name: 'an array that contains itself',
    value: selfContaining(),
    bytes: '61010000006301000000',
    fingerprint: 'de44cfc5ee1e06960d53c3a5909e6401142b3416d592649953293e04db4e724c',
  },
  {
    name: 'an object that its child knows',
    value: parentAndChild(),
    bytes:
      '6f02000000080000006300680069006c006400720065006e0061010000006f02000000040000006e0061006d00650073050000006300680069006c0064000600000070006100720065006e0074006303000000040000006e0061006d006500730600000070006100720065006e007400',
    fingerprint: '9600d07f6ede150b5db8e8a09639e3b0f7ecbd8c71f2c924afb7a4f4997d6065',
  },
  {
    name: 'one object in two places',
    value: shared(),
    bytes: '61020000006f0100000001000000610064000000000000f03f6f0100000001000000610064000000000000f03f',
    fingerprint: '347ef1815fc9711831304949dd4ca21a948c14f765e0aa22a1c58be9477036b1',
  },
  {
    name: 'two equal objects',
    value: [{ a: 1 }, { a: 1 }],
    bytes: '61020000006f0100000001000000610064000000000000f03f6f0100000001000000610064000000000000f03f',
    fingerprint: '347ef1815fc9711831304949dd4ca21a948c14f765e0aa22a1c58be9477036b1',
  },
  {
    name: 'an instance of a registered class',
    value: new Point(1, 2),
    bytes: '430500000070006f0069006e007400610200000064000000000000f03f640000000000000040',
    fingerprint: 'bcc0f314c25587f9cc10f91d1077d177bd037354275006f0031208bb2cc0d441',
  },
  {
    name: 'what the instance is encoded to',
    value: [1, 2],
    bytes: '610200000064000000000000f03f640000000000000040',
    fingerprint: '6fa5ae91fc597721ba8f4c7f18aa932812b21a93f35e66f90f3d6abbdd088d50',
  },
  {
    name: 'instances in an array',
    value: [new Point(1, 2), new Point(1, 2)],
    bytes:
      '6102000000430500000070006f0069006e007400610200000064000000000000f03f640000000000000040430500000070006f0069006e007400610200000064000000000000f03f640000000000000040',
    fingerprint: 'd48ab87cbd7da226fabf3ac67e13cb3bb5b4f2df2c546a47a64000d1793368c9',
  },
  {
    name: 'a registered instance that contains itself',
    value: new Ring(),
    bytes: '4304000000720069006e0067006f01000000040000006e006500780074006302000000',
    fingerprint: '632dd2a510fa052b71aa5b72cf196925c1b26bee598fc0b8858dfeb4afe03965',
  },
  {
    name: 'a text longer than the buffer',
    value: 'stag'.repeat(2000),
    fingerprint: 'e6afc0c6c4df679e6a6e223024e938b58104acc887d8137a4d04c5fa5a6bb75d',
  },
  {
    name: 'more bytes than the buffer',
    value: Uint8Array.from({ length: 10_000 }, (_, index) => index),
    fingerprint: 'adcdc53b5b3c957a094ec90f7375029a186e51e9aa7e33c027d5c416b953d8fa',
  },
]
