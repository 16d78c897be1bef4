// Calls over tests/chinook_like through supabase-js, as npm has it: what an application writes.
// Prints {name: {data, error, count, status}}.
import { createClient } from '@supabase/supabase-js'

// Its part for live changes wants a WebSocket, which Node has since 22; nothing here opens one.
const db = createClient(process.argv[2], 'no-key', {
  auth: { persistSession: false, autoRefreshToken: false },
  realtime: { transport: class {} },
})

const calls = {
  list: () => db.from('Genre').select('*').order('GenreId').limit(3),
  embedded: () => db.from('Album').select('Title, Artist(Name), Track(Name)').eq('AlbumId', 7).order('TrackId', { referencedTable: 'Track' }).single(),
  none: () => db.from('Genre').select('*').eq('GenreId', 999).maybeSingle(),
  counted: () => db.from('Track').select('*', { count: 'exact', head: true }).eq('GenreId', 1),
  insert: () => db.from('Artist').insert({ ArtistId: 2001, Name: 'Two Thousand One' }).select().single(),
  upsert: () => db.from('Artist').upsert([{ ArtistId: 2001, Name: 'Again' }, { ArtistId: 2002, Name: 'New' }]).select(),
  update: () => db.from('Artist').update({ Name: 'Changed' }).eq('ArtistId', 2002).select('Name'),
  remove: () => db.from('Artist').delete().in('ArtistId', [2001, 2002]).select('ArtistId').order('ArtistId'),
  gone: () => db.from('Artist').select('*').eq('ArtistId', 2001).single(), // refused
  rpc: () => db.rpc('albums_of', { artist: 90 }).gt('tracks', 9).order('AlbumId').limit(2),
  traced: () => db.rpc('who', {}, { get: true }).setHeader('traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'),
}

const results = {}
for (const [name, call] of Object.entries(calls)) {
  const { data, error, count, status } = await call()
  results[name] = { data, error, count, status }
}
console.log(JSON.stringify(results))
