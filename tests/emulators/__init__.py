"""Services acted out on loopback: each module is one service, healthy and in every misfortune it is known for."""
