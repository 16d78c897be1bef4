"""Calls over tests/chinook_like through postgrest (postgrest-py), as PyPI has it: its filters, its
changes, its errors, and the client for asyncio. Prints {name: rows, or the failure's code}."""
import asyncio
import json
import sys

from postgrest import APIError, AsyncPostgrestClient, CountMethod, ReturnMethod, SyncPostgrestClient

URL = sys.argv[1]
db = SyncPostgrestClient(URL)


def t(name):
    return db.from_(name)


CALLS = {
    "all": lambda: t("Genre").select("*"),
    "columns": lambda: t("Genre").select("Name", "GenreId"),
    "eq": lambda: t("Artist").select("*").eq("ArtistId", 50),
    "neq": lambda: t("MediaType").select("*").neq("MediaTypeId", 3),
    "gt": lambda: t("Genre").select("*").gt("GenreId", 20),
    "lte": lambda: t("Genre").select("*").lte("GenreId", 3),
    "like": lambda: t("Artist").select("Name").like("Name", "A%").order("Name"),
    "ilike": lambda: t("Artist").select("Name").ilike("Name", "%METAL%").order("Name"),
    "like_any": lambda: t("Artist").select("Name").like_any_of("Name", "Aeri%,Metal%").order("Name"),
    "is_null": lambda: t("Customer").select("CustomerId").is_("Company", "null").order("CustomerId"),
    "not_null": lambda: t("Customer").select("CustomerId").not_.is_("Company", "null").order("CustomerId"),
    "in": lambda: t("Artist").select("Name").in_("Name", ["Low/High Owls 9", "Ocean & Citadel, Part 1 13"]).order("Name"),
    "or": lambda: t("Genre").select("*").or_("GenreId.eq.1,Name.eq.Jazz"),
    "match": lambda: t("Track").select("TrackId").match({"GenreId": "1", "AlbumId": "1"}).order("TrackId"),
    "order": lambda: t("Customer").select("Company", "CustomerId").order("Company", desc=True, nullsfirst=True).order("CustomerId").limit(60),
    "range": lambda: t("Track").select("TrackId").order("TrackId").range(10, 19),
    "to_one": lambda: t("Album").select("Title", "Artist(Name)").order("AlbumId").limit(3),
    "to_many": lambda: t("Artist").select("Name", "Album(Title)").order("ArtistId").order("AlbumId", foreign_table="Album").limit(3),
    "inner": lambda: t("Artist").select("Name", "Album!inner(Title)").eq("Album.Title", "Only Seven"),
    "single": lambda: t("Artist").select("*").eq("ArtistId", 1).single(),
    "single_of_none": lambda: t("Artist").select("*").eq("ArtistId", 99999).single(),
    "csv": lambda: t("Genre").select("*").lt("GenreId", 4).order("GenreId").csv(),
    "count": lambda: t("Track").select("TrackId", count=CountMethod.exact).eq("GenreId", 1).limit(1),
    "unknown_column": lambda: t("Artist").select("Nme"),
    "insert": lambda: t("Artist").insert({"ArtistId": 3001, "Name": "One"}),
    "insert_many": lambda: t("Artist").insert([{"ArtistId": 3002, "Name": "Two"}, {"ArtistId": 3003, "Name": "Three"}]),
    "insert_minimal": lambda: t("Artist").insert({"ArtistId": 3004, "Name": "Four"}, returning=ReturnMethod.minimal),
    "insert_twice": lambda: t("Artist").insert({"ArtistId": 1, "Name": "again"}),
    "upsert": lambda: t("Artist").upsert([{"ArtistId": 3001, "Name": "One again"}, {"ArtistId": 3005, "Name": "Five"}]),
    "upsert_ignored": lambda: t("Artist").upsert({"ArtistId": 3002, "Name": "never"}, ignore_duplicates=True),
    "update": lambda: t("Artist").update({"Name": "Changed"}).in_("ArtistId", [3002, 3003]),
    "delete": lambda: t("Artist").delete().gte("ArtistId", 3001).lte("ArtistId", 3005),
    "rpc": lambda: db.rpc("albums_of", {"artist": 90}),
    "rpc_get": lambda: db.rpc("albums_of", {"artist": 90}, get=True),
    "rpc_unknown": lambda: db.rpc("albums_off", {}),
}


def outcome(answer):
    return {"data": answer.data, "count": getattr(answer, "count", None)}


def run(call):
    try:
        return outcome(call().execute())
    except APIError as e:
        return {"code": e.code}


async def later():
    async with AsyncPostgrestClient(URL) as client:
        lists = await asyncio.gather(*[client.from_("Genre").select("*").eq("GenreId", n).execute() for n in range(1, 9)])
        return [answer.data[0]["GenreId"] for answer in lists]


results = {name: run(call) for name, call in CALLS.items()}
results["asyncio"] = {"data": asyncio.run(later())}
print(json.dumps(results))
