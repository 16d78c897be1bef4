"""Django: https://docs.djangoproject.com/howto/deployment/checklist/ (DEBUG off, no middleware that
the work does not need, the ORM with persistent connections)."""
import json
import os
import sys

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path

settings.configure(
    DEBUG=False, ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, MIDDLEWARE=[], INSTALLED_APPS=[],
    SECRET_KEY="bench", DATA_UPLOAD_MAX_MEMORY_SIZE=64 << 20, USE_TZ=False, LOGGING_CONFIG=None,
    DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DB"], "CONN_MAX_AGE": None,
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 5, "init_command":
                    "PRAGMA journal_mode=WAL;PRAGMA synchronous=" + os.environ["SYNC"]}}})
django.setup(set_prefix=False)

from django.db import models, transaction  # noqa: E402  (after the settings)


class Item(models.Model):
    name = models.TextField()
    price = models.FloatField()
    stock = models.IntegerField()
    created = models.TextField()

    class Meta:
        app_label = "bench"
        db_table = "items"
        managed = False


class Customer(models.Model):
    name = models.TextField()
    city = models.TextField()

    class Meta:
        app_label = "bench"
        db_table = "customers"
        managed = False


class Order(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE)
    placed = models.TextField()

    class Meta:
        app_label = "bench"
        db_table = "orders"
        managed = False


class Line(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    item_id = models.IntegerField()
    quantity = models.IntegerField()
    price = models.FloatField()

    class Meta:
        app_label = "bench"
        db_table = "order_lines"
        managed = False
        ordering = ["id"]


FIELDS = ("id", "name", "price", "stock", "created")


def as_dict(item):
    return {name: getattr(item, name) for name in FIELDS}


def healthz(request):
    return HttpResponse("ok\n", content_type="text/plain")


def one(request, id):
    if request.method == "PATCH":
        Item.objects.filter(id=id).update(stock=json.loads(request.body)["stock"])
    return JsonResponse(Item.objects.values(*FIELDS).get(id=id))


def items(request):
    if request.method == "POST":
        return JsonResponse(as_dict(Item.objects.create(**json.loads(request.body))), status=201)
    limit = int(request.GET.get("limit", 20))
    rows = Item.objects.values(*FIELDS)
    if "min_stock" in request.GET:
        rows = rows.filter(stock__gte=int(request.GET["min_stock"])).order_by("-price")
    else:
        rows = rows.order_by("id")
    return JsonResponse(list(rows[:limit]), safe=False)


def search(request):
    wanted = request.GET
    rows = Item.objects.values(*FIELDS).filter(
        name__contains=wanted["a"]).filter(name__contains=wanted["b"]).filter(name__contains=wanted["c"])
    return JsonResponse(list(rows.order_by("-name")[:int(wanted["limit"])]), safe=False)


def orders(request):
    found = Order.objects.select_related("customer").prefetch_related("lines").order_by("id")
    return JsonResponse([{
        "id": order.id, "placed": order.placed,
        "customer": {"name": order.customer.name, "city": order.customer.city},
        "lines": [{"item_id": line.item_id, "quantity": line.quantity, "price": line.price}
                  for line in order.lines.all()]} for order in found[:int(request.GET["limit"])]], safe=False)


def bulk(request):
    rows = [Item(**row) for row in json.loads(request.body)]
    with transaction.atomic():
        Item.objects.bulk_create(rows)
    return JsonResponse({"inserted": len(rows)}, status=201)


def pieces():
    some = []
    for row in Item.objects.values(*FIELDS).order_by("id").iterator(chunk_size=1000):
        some.append(json.dumps(row) + "\n")
        if len(some) == 1000:
            yield "".join(some)
            some = []
    yield "".join(some)


def stream(request):
    return StreamingHttpResponse(pieces(), content_type="application/x-ndjson")


urlpatterns = [path("healthz", healthz), path("items/<int:id>", one), path("items", items), path("search", search),
               path("orders", orders), path("bulk", bulk), path("stream", stream)]
app = WSGIHandler()
