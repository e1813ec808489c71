"""A real llama.cpp server with a model whose words are known: see model.py and server.py."""
