"""Has Debian's cloud-init read a seed, and prints as JSON what it made of it. judge.py nocloud|config_drive_v2 FOLDER

The folder has the files of the disk. PYTHONPATH leads to the unpacked packages; nothing is installed, and nothing of this host is changed."""
import json
import os
import shutil
import sys
import tempfile

from cloudinit import helpers, sources
from cloudinit.config import schema
from cloudinit.net import network_state
from cloudinit.sources import DataSourceConfigDrive, DataSourceNoCloud
from cloudinit.sources.helpers import openstack


def no_cloud(folder, work):
    seed = os.path.join(work, "seed")
    shutil.copytree(folder, os.path.join(seed, "nocloud"))
    paths = helpers.Paths({"cloud_dir": work, "run_dir": work, "templates_dir": work})
    source = DataSourceNoCloud.DataSourceNoCloud({"datasource": {"NoCloud": {"fs_label": None}}}, None, paths)
    if not source._get_data():
        sys.exit("cloud-init finds no seed")
    return source.metadata, source.userdata_raw, source.vendordata_raw, source.network_config


def config_drive(folder, work):
    found = DataSourceConfigDrive.read_config_drive(folder)
    network = found.get("networkdata")
    if network is not None:
        network = openstack.convert_net_json(network, known_macs={"52:54:00:00:00:01": "eth0"})
    vendor = sources.convert_vendordata(found.get("vendordata"))
    return found["metadata"], found.get("userdata"), vendor, network


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def judge(kind, folder, work):
    meta, user, vendor, network = {"nocloud": no_cloud, "config_drive_v2": config_drive}[kind](folder, work)
    user = text(user) or ""
    if user.startswith("#cloud-config"):
        path = os.path.join(work, "user-data")
        with open(path, "w") as f:
            f.write(user)
        schema.validate_cloudconfig_file(path, schema.get_schema())
    cards = []
    if network is not None:
        state = network_state.parse_net_config_data(network)
        cards = sorted(card["name"] for card in state.iter_interfaces())
    return {
        "instance": meta["instance-id"], "hostname": meta.get("local-hostname") or meta.get("hostname"),
        "user": user, "vendor": text(vendor) or "", "cards": cards,
    }


with tempfile.TemporaryDirectory() as work:
    print(json.dumps(judge(sys.argv[1], sys.argv[2], work)))
