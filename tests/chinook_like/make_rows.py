#!/usr/bin/env python3
"""make_rows.py: prints schema.sql and rows for it, as SQL. Every value follows from its number: the
same text each time, and nobody's name."""
import pathlib

ARTISTS, ALBUMS, TRACKS = 100, 180, 1700
PLAYLISTS, EMPLOYEES, CUSTOMERS, INVOICES = 18, 8, 59, 200
GENRES = ["Rock", "Jazz", "Metal", "Blues", "Latin", "Reggae", "Pop", "Soundtrack", "Easy Listening",
          "Electronica", "Folk", "Country", "Hip Hop", "Soul", "Funk", "Choir", "Ska", "Bossa Nova",
          "Waltz", "March", "Lullaby", "Drama", "Comedy", "Classical", "Opera"]
MEDIA = ["Tape", "Disc", "Vinyl", "File, compressed", "File, as recorded"]
LISTS = ["Music", "Films", "Evening", "Audiobooks", "90s", "Spoken", "Videos", "Series", "One Video"]
ONE_TRACK = {9: 800, 18: 597}  # playlists with a single track
FIRST = ["Amber", "The Quiet", "Azure", "Ocean &", "Zénith", "Metallic", "Aerial", "Jazz", "Über", "Low/High"]
SECOND = ["Rivers", "Lanterns", "Maze", "Owls", "Citadel", "Zebras", "Gardens"]
THINGS = ["Lantern", "Letters", "River", "Let It Snow", "Harbour", "Maze", "Winter's", "Ünder", "100%", "A_b"]
PLACES = [("Oslo", None, "Norway", "0171"), ("Lyon", None, "France", "69001"), ("Boston", "MA", "USA", "02113"),
          ("Ottawa", "ON", "Canada", "K1P 1J1"), ("São Paulo", "SP", "Brazil", "01007-010"),
          ("Prague", None, "Czech Republic", "14300")]


def pick(words, n):
    return words[n % len(words)]


def artists():
    for n in range(1, ARTISTS + 1):
        comma = ", Part 1" if n % 13 == 0 else ""
        yield n, f"{pick(FIRST, n)} {pick(SECOND, n // 3)}{comma} {n}" if n % 10 != 1 else \
            f"{pick(FIRST, n)} {pick(SECOND, n // 3)}"


def album_artist(n):
    """Artist 90 has many, every eighth artist none, the others one or two."""
    if n > ALBUMS - 20:
        return 90
    artist = (n - 1) % ARTISTS + 1
    return artist if artist % 8 else artist - 1


def albums():
    for n in range(1, ALBUMS + 1):
        yield n, f"{pick(THINGS, n)} {n}" if n != 7 else "Only Seven", album_artist(n)


def cents(track):
    return 199 if track % 9 == 0 else 99


def money(n):
    return n / 100


def tracks():
    for n in range(1, TRACKS + 1):
        album = (n * 7) % ALBUMS + 1 if n > 10 else 1
        video = n % 850 == 3
        yield (n, f"{pick(THINGS, n * 3)} {pick(SECOND, n)} {n}", album if n % 97 else None,
               n % len(MEDIA) + 1, 1 if n <= 10 else (n * 11) % (len(GENRES) - 1) + 1 if n % 340 else 25,
               None if n % 3 == 0 else f"Composer {n % 50}",
               5_000_000 + n if video else 120_000 + n * 977 % 300_000,
               None if n % 41 == 0 else 1_000_000 + n * 7919, money(cents(n)))


def playlists():
    for n in range(1, PLAYLISTS + 1):
        yield n, pick(LISTS, n - 1) + ("" if n <= len(LISTS) else " Again")


def playlist_tracks():
    for playlist in range(1, PLAYLISTS + 1):
        if playlist in ONE_TRACK:
            yield playlist, ONE_TRACK[playlist]
        elif playlist in (1, 8):
            yield from ((playlist, track) for track in range(1, TRACKS + 1, 3))
        elif playlist != 2:
            yield from ((playlist, track) for track in range(playlist, TRACKS + 1, 113))


def address(n):
    city, state, country, code = pick(PLACES, n)
    return f"{n} Example Street", city, state, country, code


def employees():
    for n in range(1, EMPLOYEES + 1):
        yield (n, f"Last {n}", f"First {n}", "Manager" if n < 3 else "Clerk",
               None if n == 1 else 1 if n in (2, 6) else 2 if n < 6 else 6,
               f"19{60 + n}-02-18 00:00:00", f"20{n + 10}-08-14 00:00:00", *address(n),
               f"number {n}", None, f"mailbox {n}")


def customers():
    for n in range(1, CUSTOMERS + 1):
        yield (n, f"First {n}", f"Last {n}", f"Company {n} Inc." if n % 6 == 1 else None, *address(n),
               None if n % 11 == 0 else f"number {n}", None, f"mailbox {n}", n % 3 + 3)


def line_tracks(invoice):
    """The tracks of an invoice: one to fourteen."""
    return [(invoice * 9 + k * 31) % TRACKS + 1 for k in range(invoice % 14 + 1)]


def invoices():
    for n in range(1, INVOICES + 1):
        customer = n * 3 % CUSTOMERS + 1
        yield (n, customer, f"20{n % 5 + 21}-{n % 12 + 1:02}-{n % 28 + 1:02} 00:00:00", *address(customer),
               money(sum(cents(t) for t in line_tracks(n))))


def invoice_lines():
    number = 0
    for invoice in range(1, INVOICES + 1):
        for track in line_tracks(invoice):
            number += 1
            yield number, invoice, track, money(cents(track)), 1


ROWS = {"Artist": artists, "Album": albums, "Genre": lambda: enumerate(GENRES, 1),
        "MediaType": lambda: enumerate(MEDIA, 1), "Track": tracks, "Playlist": playlists,
        "PlaylistTrack": playlist_tracks, "Employee": employees, "Customer": customers,
        "Invoice": invoices, "InvoiceLine": invoice_lines}


def literal(value):
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)


def sql():
    """The schema and all rows."""
    parts = [(pathlib.Path(__file__).parent / "schema.sql").read_text(encoding="utf-8")]
    for table, rows in ROWS.items():
        lines = ["(" + ", ".join(map(literal, row)) + ")" for row in rows()]
        for start in range(0, len(lines), 500):
            parts.append(f"INSERT INTO [{table}] VALUES\n" + ",\n".join(lines[start:start + 500]) + ";\n")
    return "".join(parts)


if __name__ == "__main__":
    print(sql(), end="")
