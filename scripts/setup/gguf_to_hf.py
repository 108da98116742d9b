#!/usr/bin/env python3
"""Writes a GGUF of the llama architecture as a folder in the form of the Hugging Face hub, which
mlx-lm and vLLM load: the weights as float16, the tokeniser, the chat template.

usage: gguf_to_hf.py MODEL.gguf FOLDER

Needs the packages gguf, safetensors and tokenizers, so it runs with the Python that mlx_lm.sh or
vllm.sh installs. The folder is complete when config.json is there: it is written last.
"""
import json
import sys
from pathlib import Path

import numpy
from gguf import GGUFReader
from gguf.quants import dequantize
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

OUTSIDE = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
IN_A_LAYER = {
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj"}
CONTROL_TOKEN = 3  # in tokenizer.ggml.token_type


class Source:
    def __init__(self, path):
        reader = GGUFReader(path)
        self.tensors = reader.tensors
        self.fields = {name: field.contents() for name, field in reader.fields.items()}
        if self.fields["general.architecture"] != "llama":
            sys.exit(f"error: {path} is a model of {self.fields['general.architecture']}; only "
                     "llama's are written")

    def of_llama(self, name, default=None):
        return self.fields.get(f"llama.{name}", default)

    def of_tokens(self, name):
        return self.fields.get(f"tokenizer.ggml.{name}")


def halves_apart(weight, heads):
    """A GGUF has the two halves of each rotated head interleaved; the hub has them side by side."""
    rows, columns = weight.shape
    pairs = weight.reshape(heads, rows // heads // 2, 2, columns)
    return pairs.transpose(0, 2, 1, 3).reshape(rows, columns)


def weights(source):
    heads = {"attn_q": source.of_llama("attention.head_count"),
             "attn_k": source.of_llama("attention.head_count_kv")}
    written = {}
    for tensor in source.tensors:
        shape = [int(size) for size in reversed(tensor.shape)]  # a GGUF counts from the inside
        weight = dequantize(tensor.data, tensor.tensor_type).astype(numpy.float32).reshape(shape)
        parts = tensor.name.removesuffix(".weight").split(".")
        if parts[0] == "blk":
            name = f"model.layers.{parts[1]}.{IN_A_LAYER[parts[2]]}"
            if parts[2] in heads:
                weight = halves_apart(weight, heads[parts[2]])
        elif parts[0] in OUTSIDE:
            name = OUTSIDE[parts[0]]
        else:
            continue  # factors of the rotation, which follow from the configuration
        written[f"{name}.weight"] = numpy.ascontiguousarray(weight, dtype=numpy.float16)
    return written


def configuration(source, tied):
    return {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu",
        "hidden_size": source.of_llama("embedding_length"),
        "intermediate_size": source.of_llama("feed_forward_length"),
        "num_hidden_layers": source.of_llama("block_count"),
        "num_attention_heads": source.of_llama("attention.head_count"),
        "num_key_value_heads": source.of_llama("attention.head_count_kv"),
        "rms_norm_eps": float(source.of_llama("attention.layer_norm_rms_epsilon")),
        "rope_theta": float(source.of_llama("rope.freq_base", 10000.0)),
        "max_position_embeddings": source.of_llama("context_length"),
        "vocab_size": len(source.of_tokens("tokens")), "tie_word_embeddings": tied,
        "attention_bias": False, "mlp_bias": False, "torch_dtype": "float16",
        "bos_token_id": source.of_tokens("bos_token_id"),
        "eos_token_id": source.of_tokens("eos_token_id")}


def tokeniser(source):
    """Of the byte-level kind that SmolLM2 has, which takes digits one by one."""
    tokens = source.of_tokens("tokens")
    pairs = [tuple(pair.split(" ", 1)) for pair in source.of_tokens("merges")]
    made = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=pairs))
    made.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False)])
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([
        AddedToken(token, special=True, normalized=False)
        for token, kind in zip(tokens, source.of_tokens("token_type")) if kind == CONTROL_TOKEN])
    return made


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1) + "\n")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.split("\n\n")[1])
    source, folder = Source(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    written = weights(source)
    save_file(written, folder / "model.safetensors", metadata={"format": "pt"})
    tokeniser(source).save(str(folder / "tokenizer.json"))
    tokens, end = source.of_tokens("tokens"), source.of_tokens("eos_token_id")
    write_json(folder / "tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False,
        "bos_token": tokens[source.of_tokens("bos_token_id")], "eos_token": tokens[end],
        "pad_token": tokens[end], "unk_token": tokens[0], "model_max_length": 10**9,
        "chat_template": source.fields.get("tokenizer.chat_template")})
    write_json(folder / "generation_config.json", {
        "bos_token_id": source.of_tokens("bos_token_id"), "eos_token_id": end})
    write_json(folder / "config.json", configuration(source, "lm_head.weight" not in written))


if __name__ == "__main__":
    main()
