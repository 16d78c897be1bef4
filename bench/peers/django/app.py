"""Django: https://docs.djangoproject.com/howto/deployment/checklist/ (DEBUG off, no middleware that
the work does not need, the ORM with persistent connections)."""
import json
import os
import sys

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse, JsonResponse
from django.urls import path

settings.configure(
    DEBUG=False, ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, MIDDLEWARE=[], INSTALLED_APPS=[],
    SECRET_KEY="bench", USE_TZ=False, LOGGING_CONFIG=None,
    DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DB"], "CONN_MAX_AGE": None,
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 5, "init_command":
                    "PRAGMA journal_mode=WAL;PRAGMA synchronous=" + os.environ["SYNC"]}}})
django.setup(set_prefix=False)

from django.db import models  # noqa: E402  (after the settings)


class Item(models.Model):
    name = models.TextField()
    price = models.FloatField()
    stock = models.IntegerField()
    created = models.TextField()

    class Meta:
        app_label = "bench"
        db_table = "items"
        managed = False


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


urlpatterns = [path("healthz", healthz), path("items/<int:id>", one), path("items", items)]
app = WSGIHandler()
