// Calls over tests/chinook_like with the client library as it comes from npm. Prints, for each, what came
// back: {name: {data, error, count, status}}. The test compares it with SQLite's own answers.
import { PostgrestClient } from '@supabase/postgrest-js'

const db = new PostgrestClient(process.argv[2])
const t = (name) => db.from(name)

const calls = {
  // reading
  all: () => t('Genre').select(),
  columns: () => t('Genre').select('Name,GenreId'),
  alias: () => t('Genre').select('id:GenreId,label:Name').limit(3),
  cast: () => t('Track').select('TrackId::text,UnitPrice::int').order('TrackId').limit(2),
  eq: () => t('Artist').select().eq('ArtistId', 50),
  neq: () => t('MediaType').select().neq('MediaTypeId', 3),
  gt: () => t('Genre').select().gt('GenreId', 20),
  gte: () => t('Genre').select().gte('GenreId', 20),
  lt: () => t('Genre').select().lt('GenreId', 3),
  lte: () => t('Genre').select().lte('GenreId', 3),
  between: () => t('Invoice').select('InvoiceId,Total').gte('Total', 10).lt('Total', 12).order('InvoiceId'),
  like: () => t('Artist').select('Name').like('Name', 'A%').order('Name'),
  likeAllOf: () => t('Artist').select('Name').likeAllOf('Name', ['%a%', '%z%']).order('Name'),
  likeAnyOf: () => t('Artist').select('Name').likeAnyOf('Name', ['Aeri%', 'Metal%']).order('Name'),
  ilike: () => t('Artist').select('Name').ilike('Name', '%METAL%').order('Name'),
  ilikeAllOf: () => t('Artist').select('Name').ilikeAllOf('Name', ['%A%', '%Z%']).order('Name'),
  ilikeAnyOf: () => t('Artist').select('Name').ilikeAnyOf('Name', ['aeri%', 'METAL%']).order('Name'),
  regexMatch: () => t('Artist').select('Name').filter('Name', 'match', '^The .*s$').order('Name'),
  regexIMatch: () => t('Artist').select('Name').filter('Name', 'imatch', '^THE .*S$').order('Name'),
  isNull: () => t('Customer').select('CustomerId').is('Company', null).order('CustomerId'),
  isDistinct: () => t('Customer').select('CustomerId').filter('Company', 'isdistinct', 'Company 7 Inc.').order('CustomerId'),
  in: () => t('Genre').select().in('GenreId', [1, 3, 5]),
  inQuoted: () => t('Artist').select('Name').in('Name', ['Low/High Owls 9', 'Azure Citadel 12', 'Ocean & Citadel, Part 1 13', 'Zénith Citadel 14']).order('Name'),
  not: () => t('Genre').select().not('GenreId', 'in', '(1,2,3)'),
  notIs: () => t('Customer').select('CustomerId').not('Company', 'is', null).order('CustomerId'),
  or: () => t('Genre').select().or('GenreId.eq.1,Name.eq.Jazz'),
  orNested: () => t('Track').select('TrackId').or('Milliseconds.gt.5000000,and(GenreId.eq.25,Bytes.gt.1)').order('TrackId'),
  match: () => t('Track').select('TrackId').match({ GenreId: 1, AlbumId: 1 }).order('TrackId'),
  filter: () => t('Genre').select().filter('Name', 'eq', 'Jazz'),
  contains: () => t('Genre').select().contains('GenreId', ['x']), // refused: a number contains nothing
  order: () => t('Genre').select().order('Name', { ascending: false }),
  orderNulls: () => t('Customer').select('Company,CustomerId').order('Company', { nullsFirst: true }).order('CustomerId').limit(60),
  orderTwo: () => t('Invoice').select('BillingCountry,Total,InvoiceId').order('BillingCountry').order('Total', { ascending: false }).order('InvoiceId').limit(20),
  limit: () => t('Track').select('TrackId').order('TrackId').limit(7),
  range: () => t('Track').select('TrackId').order('TrackId').range(10, 19),
  single: () => t('Artist').select().eq('ArtistId', 1).single(),
  singleOfMany: () => t('Artist').select().single(), // refused
  maybeSingle: () => t('Artist').select().eq('ArtistId', 99999).maybeSingle(),
  maybeSingleThere: () => t('Artist').select().eq('ArtistId', 2).maybeSingle(),
  countExact: () => t('Track').select('TrackId', { count: 'exact' }).eq('GenreId', 1).limit(3),
  countHead: () => t('Track').select('*', { count: 'exact', head: true }),
  countPlanned: () => t('Track').select('TrackId', { count: 'planned' }).limit(1),
  countEstimated: () => t('Track').select('TrackId', { count: 'estimated' }).limit(1),
  csv: () => t('Genre').select().lt('GenreId', 4).csv(),
  stripNulls: () => t('Employee').select('EmployeeId,ReportsTo').lt('EmployeeId', 3).order('EmployeeId').stripNulls(),
  unknownColumn: () => t('Artist').select('Nme'), // refused
  unknownTable: () => t('Artists').select(), // refused
  ranked: () => t('Track').select('Name').textSearch('Name', 'rock'), // refused: no index over it

  // related resources
  toOne: () => t('Album').select('Title,Artist(Name)').order('AlbumId').limit(3),
  toMany: () => t('Artist').select('Name,Album(Title)').order('ArtistId').limit(3),
  threeDeep: () => t('Artist').select('Name,Album(Title,Track(Name,Genre(Name)))').order('ArtistId').limit(2),
  manyToMany: () => t('Playlist').select('Name,Track(Name)').eq('PlaylistId', 17),
  selfParent: () => t('Employee').select('LastName,manager:ReportsTo(LastName)').order('EmployeeId'),
  selfByHint: () => t('Employee').select('LastName,reports:Employee!ReportsTo(LastName)').order('EmployeeId'),
  selfChildren: () => t('Employee').select('LastName,reports:Employee(LastName)').order('EmployeeId'),
  hint: () => t('Customer').select('LastName,rep:Employee!SupportRepId(LastName)').order('CustomerId').limit(3),
  inner: () => t('Artist').select('Name,Album!inner(Title)').eq('Album.Title', 'Only Seven'),
  innerExists: () => t('Artist').select('Name,Album!inner()').order('ArtistId').limit(5),
  withoutAny: () => t('Artist').select('Name,Album()').is('Album', null).order('ArtistId').limit(5),
  embeddedOrder: () => t('Artist').select('Name,Album(Title)').eq('ArtistId', 90).order('Title', { referencedTable: 'Album', ascending: false }),
  embeddedLimit: () => t('Artist').select('Name,Album(Title)').eq('ArtistId', 90).order('AlbumId', { referencedTable: 'Album' }).limit(2, { referencedTable: 'Album' }),
  embeddedRange: () => t('Artist').select('Name,Album(AlbumId)').eq('ArtistId', 90).order('AlbumId', { referencedTable: 'Album' }).range(2, 4, { referencedTable: 'Album' }),
  embeddedOr: () => t('Artist').select('Name,Album(Title)').eq('ArtistId', 1).or('Title.like.Let*,Title.eq.x', { referencedTable: 'Album' }),
  orderByParent: () => t('Album').select('Title,Artist(Name)').order('Artist(Name)', { ascending: false }).order('AlbumId').limit(3),
  spread: () => t('Album').select('Title,...Artist(artist:Name)').order('AlbumId').limit(3),
  spreadMany: () => t('Artist').select('Name,...Album(titles:Title)').order('ArtistId').limit(2),
  embeddedCount: () => t('Artist').select('Name,Album(count)').order('ArtistId').limit(3),
  aggregates: () => t('Invoice').select('BillingCountry,Total.max(),n:InvoiceId.count()').order('BillingCountry').limit(4),
  noRelation: () => t('Artist').select('Name,Genre(Name)'), // refused

  // writing
  insert: () => t('Artist').insert({ ArtistId: 1001, Name: 'One' }),
  insertSelect: () => t('Artist').insert({ ArtistId: 1002, Name: 'Two' }).select(),
  insertSingle: () => t('Artist').insert({ ArtistId: 1003, Name: 'Three' }).select().single(),
  insertMany: () => t('Artist').insert([{ ArtistId: 1004, Name: 'Four' }, { ArtistId: 1005, Name: 'Five' }]).select('Name'),
  insertUneven: () => t('Artist').insert([{ ArtistId: 1006, Name: 'Six' }, { ArtistId: 1007 }]).select(),
  insertDefaults: () => t('Artist').insert([{ ArtistId: 1008, Name: 'Eight' }, { ArtistId: 1009 }], { defaultToNull: false }).select(),
  insertCount: () => t('Artist').insert([{ ArtistId: 1010, Name: 'Ten' }], { count: 'exact' }),
  insertTwice: () => t('Artist').insert({ ArtistId: 1, Name: 'again' }), // refused
  insertNoParent: () => t('Album').insert({ AlbumId: 9001, Title: 'x', ArtistId: 77777 }), // refused
  insertEmbedded: () => t('Album').insert({ AlbumId: 9002, Title: 'Nine', ArtistId: 1 }).select('Title,Artist(Name)'),
  upsert: () => t('Artist').upsert({ ArtistId: 1001, Name: 'One again' }).select(),
  upsertMany: () => t('Artist').upsert([{ ArtistId: 1002, Name: 'Two again' }, { ArtistId: 1011, Name: 'Eleven' }]).select(),
  upsertIgnore: () => t('Artist').upsert([{ ArtistId: 1003, Name: 'never' }, { ArtistId: 1012, Name: 'Twelve' }], { ignoreDuplicates: true }).select(),
  upsertOnConflict: () => t('Genre').upsert({ GenreId: 25, Name: 'Grand Opera' }, { onConflict: 'GenreId' }).select(),
  update: () => t('Artist').update({ Name: 'Four again' }).eq('ArtistId', 1004),
  updateSelect: () => t('Artist').update({ Name: 'Five again' }).eq('ArtistId', 1005).select(),
  updateCount: () => t('Artist').update({ Name: 'Many' }, { count: 'exact' }).in('ArtistId', [1006, 1007]),
  updateMaxAffected: () => t('Artist').update({ Name: 'no' }).gt('ArtistId', 5).maxAffected(2), // refused
  updateEmbedded: () => t('Album').update({ Title: 'Ten' }).eq('AlbumId', 9002).select('Title,Artist(Name)').single(),
  delete: () => t('Artist').delete().eq('ArtistId', 1008),
  deleteSelect: () => t('PlaylistTrack').delete().eq('PlaylistId', 18).select(),
  deleteEmbedded: () => t('PlaylistTrack').delete().eq('PlaylistId', 9).select('TrackId,Track(Name)').single(),
  deleteCount: () => t('Artist').delete({ count: 'exact' }).in('ArtistId', [1009, 1010]),
  rollback: () => t('Artist').insert({ ArtistId: 1013, Name: 'never' }).select().rollback(),

  // named queries
  rpc: () => db.rpc('albums_of', { artist: 90 }),
  rpcGet: () => db.rpc('albums_of', { artist: 90 }, { get: true }),
  rpcFiltered: () => db.rpc('albums_of', { artist: 90 }).select('Title').gt('tracks', 9).order('Title').limit(3),
  rpcSingle: () => db.rpc('albums_of', { artist: 1 }).eq('AlbumId', 1).single(),
  rpcScalar: () => db.rpc('how_long', { album: 1 }),
  rpcHead: () => db.rpc('albums_of', { artist: 90 }, { head: true, count: 'exact' }),
  rpcMissing: () => db.rpc('albums_of', {}), // refused
  rpcUnknown: () => db.rpc('albums_off', { artist: 1 }), // refused

  explain: () => t('Album').select().eq('ArtistId', 1).explain({ format: 'json' }),
  schema: () => db.schema('public').from('Genre').select('Name').eq('GenreId', 1),
  noSchema: () => db.schema('secret').from('Genre').select(), // refused
}

const results = {}
for (const [name, call] of Object.entries(calls)) {
  const { data, error, count, status } = await call()
  results[name] = { data, error, count, status }
}
console.log(JSON.stringify(results))
