"""Chats from elsewhere become our conversations, and ours become files. Pure: bytes and values, no Flask, no database."""
