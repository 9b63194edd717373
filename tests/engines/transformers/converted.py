"""Tiny models as the GGUF files that llama.cpp reads, in float32."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def language_model(model: Any, words: Any, template: str, path: Path) -> Path:
    """Write a Qwen2, or the one inside a LLaVA.

    Args:
        model: The model, of transformers.
        words: Its tokenizer.
        template: Its chat template. An image is a part of text there: llama.cpp has put its mark into the request.
        path: The file.

    Returns:
        The file.
    """
    import gguf

    config = model.config.get_text_config()
    file = gguf.GGUFWriter(path, "qwen2")
    file.add_context_length(config.max_position_embeddings)
    file.add_embedding_length(config.hidden_size)
    file.add_block_count(config.num_hidden_layers)
    file.add_feed_forward_length(config.intermediate_size)
    file.add_head_count(config.num_attention_heads)
    file.add_head_count_kv(config.num_key_value_heads)
    file.add_layer_norm_rms_eps(config.rms_norm_eps)
    file.add_rope_freq_base(config.rope_parameters["rope_theta"])
    vocabulary = sorted(words.get_vocab().items(), key=lambda pair: pair[1])
    special = {token.content for token in words.added_tokens_decoder.values() if token.special}
    file.add_tokenizer_model("gpt2")
    file.add_tokenizer_pre("qwen2")
    file.add_token_list([token for token, _ in vocabulary])
    file.add_token_types(
        [gguf.TokenType.CONTROL if token in special else gguf.TokenType.NORMAL for token, _ in vocabulary]
    )
    merges = json.loads(words.backend_tokenizer.to_str())["model"]["merges"]
    file.add_token_merges([" ".join(pair) for pair in merges])
    file.add_eos_token_id(words.eos_token_id)
    file.add_pad_token_id(words.pad_token_id)
    file.add_chat_template(template)
    weights = (
        (name.replace(".language_model", ""), tensor)
        for name, tensor in model.state_dict().items()
        if not name.startswith(("model.vision_tower", "model.multi_modal_projector"))
    )
    return _written(file, weights, gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN2, config.num_hidden_layers))


def projector(model: Any, images: Any, path: Path) -> Path:
    """Write the eye of a LLaVA, up to the layer that is read, and what makes tokens of what it sees.

    Args:
        model: The model, of transformers; its eye is SigLIP's, and the last layer but one is read.
        images: What makes its pixels.
        path: The file.

    Returns:
        The file.
    """
    import gguf

    config = model.config.vision_config
    layers = config.num_hidden_layers + 1 + model.config.vision_feature_layer
    file = gguf.GGUFWriter(path, "clip")
    file.add_type(gguf.GGUFType.MMPROJ)
    file.add_clip_has_vision_encoder(value=True)
    file.add_clip_projector_type("mlp")
    file.add_vision_image_size(config.image_size)
    file.add_vision_patch_size(config.patch_size)
    file.add_vision_embedding_length(config.hidden_size)
    file.add_vision_feed_forward_length(config.intermediate_size)
    file.add_vision_projection_dim(model.config.get_text_config().hidden_size)
    file.add_vision_block_count(layers)
    # Unasked it would read the last layer but one of those that are written.
    file.add_array("clip.vision.feature_layer", [layers])
    file.add_vision_head_count(config.num_attention_heads)
    file.add_vision_attention_layernorm_eps(config.layer_norm_eps)
    file.add_vision_image_mean(images.image_mean)
    file.add_vision_image_std(images.image_std)
    file.add_vision_use_gelu(value=True)
    unread = ("post_layernorm", *(f".layers.{layer}." for layer in range(layers, config.num_hidden_layers)))
    weights = (
        (_before_version_5(name), tensor)
        for name, tensor in model.state_dict().items()
        if name.startswith(("model.vision_tower", "model.multi_modal_projector"))
        and not any(part in name for part in unread)
    )
    return _written(file, weights, gguf.get_tensor_name_map(gguf.MODEL_ARCH.MMPROJ, layers))


def _before_version_5(name: str) -> str:
    """A weight's name as converters know it, and the projector's as llama.cpp does."""
    return (
        name.replace("model.vision_tower", "vision_tower.vision_model")
        .replace("model.multi_modal_projector.linear_1", "mm.0")
        .replace("model.multi_modal_projector.linear_2", "mm.2")
    )


def _written(file: Any, weights: Iterable[tuple[str, Any]], names: Any) -> Path:
    for name, tensor in weights:
        called = names.get_name(name, try_suffixes=(".weight", ".bias")) or name
        file.add_tensor(called, tensor.float().numpy())
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()
    return Path(file.path)
