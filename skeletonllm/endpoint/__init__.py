"""Any OpenAI-compatible server: what is asked, at which rate and price, and each answer kept.

Everything that asks a model over the network goes through here: :class:`.request.ChatRequest` is
what is asked, :class:`.asker.Asker` asks it (limits, budget, retries, cache), and
:class:`.answer.Answer` is what comes back.
"""
