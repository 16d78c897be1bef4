"""FastAPI: https://fastapi.tiangolo.com/deployment/ (uvicorn with uvloop and httptools, a worker
for each core, access log off) and /tutorial/response-model/: answers have a type, so that Pydantic
writes the JSON, in Rust."""
import store
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse, StreamingResponse
from pydantic import BaseModel

app = FastAPI(openapi_url=None)


class NewItem(BaseModel):
    name: str
    price: float
    stock: int
    created: str


class Item(NewItem):
    id: int


class Change(BaseModel):
    stock: int


@app.get("/healthz", response_class=PlainTextResponse)
async def healthz():
    return "ok\n"


# A query takes some microseconds: cheaper on the loop than in a thread.
@app.get("/items/{id}")
async def by_id(id: int) -> Item:
    return store.by_id(id)


@app.get("/items")
async def items(limit: int = 20, min_stock: int | None = None, sort: str = "id") -> list[Item]:
    return store.list_items(limit) if min_stock is None else store.filtered(min_stock, limit)


@app.post("/items", status_code=201)
async def insert(item: NewItem) -> Item:
    return store.insert(item.name, item.price, item.stock, item.created)


@app.patch("/items/{id}")
async def update(id: int, change: Change) -> Item:
    return store.update(id, change.stock)


class Customer(BaseModel):
    name: str
    city: str


class Line(BaseModel):
    item_id: int
    quantity: int
    price: float


class Order(BaseModel):
    id: int
    placed: str
    customer: Customer
    lines: list[Line]


@app.get("/orders")
async def orders(limit: int = 20) -> list[Order]:
    return store.orders(limit)


# These take long: in a thread.
@app.get("/search")
def search(a: str, b: str, c: str, limit: int = 20) -> list[Item]:
    return store.search(a, b, c, limit)


@app.post("/bulk", status_code=201)
def bulk(items: list[NewItem]) -> dict[str, int]:
    store.bulk((item.name, item.price, item.stock, item.created) for item in items)
    return {"inserted": len(items)}


@app.get("/stream")
def stream():
    return StreamingResponse(store.stream(), media_type="application/x-ndjson")
