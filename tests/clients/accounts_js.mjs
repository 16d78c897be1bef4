// Accounts and data together through supabase-js, as npm has it: what an application writes.
// Prints {name: what came back}. Arguments: URL, an API key of the anonymous role.
import { createClient } from '@supabase/supabase-js'

const make = () => createClient(process.argv[2], process.argv[3], {
  auth: { persistSession: false, autoRefreshToken: false },
  realtime: { transport: class {} }, // nothing here opens one
})
const told = ({ data, error }) => ({
  data, error: error && { status: error.status, code: error.code, message: error.message, name: error.name },
})
const rows = async (db) => told(await db.from('notes').select('body, owner').order('id'))
const wait = (ms) => new Promise((done) => setTimeout(done, ms))

const ann = make(), bob = make(), results = {}
results.before = await rows(ann)
results.weak = told(await ann.auth.signUp({ email: 'ann@example.org', password: 'short' }))
results.signUp = told(await ann.auth.signUp({ email: 'Ann@Example.org', password: 'correct horse', options: { data: { name: 'Ann' } } }))
results.again = told(await make().auth.signUp({ email: 'ann@example.org', password: 'another horse' }))
results.bob = told(await bob.auth.signUp({ email: 'bob@example.org', password: 'battery staple' }))
results.insert = told(await ann.from('notes').insert({ body: 'of ann' }).select('body, owner').single())
results.insertBob = told(await bob.from('notes').insert({ body: 'of bob' }).select('body, owner').single())
results.ann = await rows(ann)
results.updateOther = told(await bob.from('notes').update({ body: 'taken' }).eq('body', 'of ann').select())
results.user = told(await ann.auth.getUser())
results.update = told(await ann.auth.updateUser({ data: { name: 'Anna' }, password: 'a better horse' }))
results.signOut = told(await ann.auth.signOut())
results.after = await rows(ann)
results.wrong = told(await ann.auth.signInWithPassword({ email: 'ann@example.org', password: 'correct horse' }))
results.nobody = told(await ann.auth.signInWithPassword({ email: 'nobody@example.org', password: 'correct horse' }))
results.signIn = told(await ann.auth.signInWithPassword({ email: 'ann@example.org', password: 'a better horse' }))
results.annAgain = await rows(ann)

const first = results.signIn.data.session
await wait(1100) // another second, so that another token is given
results.refresh = told(await ann.auth.refreshSession())
results.annRefreshed = await rows(ann)
results.sameToken = results.refresh.data.session.access_token === first.access_token
results.setSession = told(await make().auth.setSession(first))
results.globalOut = told(await ann.auth.signOut({ scope: 'global' }))
results.refreshGone = told(await make().auth.refreshSession({ refresh_token: results.refresh.data.session.refresh_token }))
console.log(JSON.stringify(results))
