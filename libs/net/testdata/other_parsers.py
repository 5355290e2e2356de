"""How Python's ipaddress and netaddr read texts: the other side of other_parsers_test.

Reads one text a line, its bytes in hexadecimal, and answers two columns a line: what ipaddress makes of it and what
netaddr does, as the first address or first-last, "-" for a refusal. Each library is asked for the form that the text
has: a block when it holds a slash, netaddr's ranges and globs when it holds a dash or an asterisk, else an address.
"""

import ipaddress
import sys
import warnings

import netaddr

warnings.simplefilter("ignore")


def shown(first, last):
    return str(first) if first == last else f"{first}-{last}"


def by_ipaddress(text):
    if "/" in text:
        block = ipaddress.ip_network(text)
        return shown(block[0], block[-1])
    return str(ipaddress.ip_address(text))


def by_netaddr(text):
    if "/" in text:
        block = netaddr.IPNetwork(text)
        return shown(netaddr.IPAddress(block.first, block.version), netaddr.IPAddress(block.last, block.version))
    if "*" in text or ("-" in text and netaddr.valid_glob(text)):
        block = netaddr.IPGlob(text)
        return shown(netaddr.IPAddress(block.first), netaddr.IPAddress(block.last))
    if "-" in text:
        ends = netaddr.IPRange(*text.split("-"))
        return shown(netaddr.IPAddress(ends.first, ends.version), netaddr.IPAddress(ends.last, ends.version))
    return str(netaddr.IPAddress(text))


def verdict(read, text):
    try:
        return read(text)
    except Exception:  # what the libraries raise is not part of the comparison
        return "-"


for line in sys.stdin:
    text = bytes.fromhex(line.strip()).decode("utf-8", "surrogateescape")
    print(verdict(by_ipaddress, text), verdict(by_netaddr, text), sep="\t")
