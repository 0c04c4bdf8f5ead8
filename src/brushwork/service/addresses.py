"""Which addresses of the network the service may be made to call: those of public machines, and no other.

`ipaddress.is_global` alone is not enough. It holds for multicast, for addresses that carry another one inside (NAT64,
6to4, IPv4-compatible), and for some that only a cloud's own machines reach. So each is looked at by its range, and one
that carries an IPv4 address stands or falls with it.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

_V4_CLOSED: Final = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by providers; metadata of one cloud
        "127.0.0.0/8",  # this machine
        "168.63.129.16/32",  # the platform service of one cloud, within its machines
        "169.254.0.0/16",  # link-local; metadata of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; metadata of one cloud
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # tunnels of multicast
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_V6_PUBLIC: Final = IPv6Network("2000::/3")
"""All global unicast addresses that were ever given out; everything else is closed unless it carries a public IPv4."""
_V6_CLOSED: Final = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, among them Teredo (2001::/32) and ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
_NAT64: Final = IPv6Network("64:ff9b::/96")
_ISATAP: Final = frozenset({0x00005EFE, 0x02005EFE})


def is_public(address: str) -> bool:
    """True for the address of a public machine, IPv4 or IPv6; False for every other and for what is no address."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return _v4_public(parsed) if isinstance(parsed, IPv4Address) else _v6_public(parsed)


def _v4_public(address: IPv4Address) -> bool:
    return address.is_global and not any(address in network for network in _V4_CLOSED)


def _v6_public(address: IPv6Address) -> bool:
    carried = address.ipv4_mapped or (_last_four(address) if address in _NAT64 else None)
    if carried is not None:
        return _v4_public(carried)
    if address not in _V6_PUBLIC or any(address in network for network in _V6_CLOSED):
        return False
    in_tunnel = int(address) >> 32 & 0xFFFFFFFF in _ISATAP
    return address.is_global and not (in_tunnel and not _v4_public(_last_four(address)))


def _last_four(address: IPv6Address) -> IPv4Address:
    return IPv4Address(int(address) & 0xFFFFFFFF)
