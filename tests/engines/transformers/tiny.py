"""Tiny models of random weights, built from their config classes and saved as a folder each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

SENTENCES = (
    "A small red circle is at the top left of a white background.",
    "The chart shows four bars; the tallest is blue and stands for 2021, with 42 percent.",
    "Description of an image: Question: Answer: which option is right? A, B, C or D.",
    "user assistant system Describe this image in detail. Say yes.",
)
CHAT = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}IMAGE{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}"
    "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
    "<image>",
)


def tokenizer() -> Any:
    """A byte-level BPE tokenizer with a chat template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, initial_alphabet=alphabet, special_tokens=list(SPECIAL))
    raw.train_from_iterator(SENTENCES * 4, trainer)
    made = PreTrainedTokenizerFast(tokenizer_object=raw, eos_token="<|im_end|>", pad_token="<|endoftext|>")
    made.chat_template = CHAT
    return made


def text_model(folder: Path, *, seed: int = 0, template: bool = True, **changed: Any) -> Path:
    """A Qwen2 of two layers."""
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    words = tokenizer()
    if not template:
        words.chat_template = None
    sizes = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2}
    sizes |= {"num_key_value_heads": 1, "max_position_embeddings": 512, "initializer_range": 0.2} | changed
    config = Qwen2Config(
        vocab_size=len(words),
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
        **sizes,
    )
    torch.manual_seed(seed)
    return _saved(Qwen2ForCausalLM(config), folder, words)


def qwen_vision_model(
    folder: Path, *, seed: int = 0, tokens: int = 64, eye: Mapping[str, Any] = MappingProxyType({}), **changed: Any
) -> Path:
    """A Qwen2.5-VL of two layers, with an eye of two that makes up to ``tokens`` of a picture."""
    import torch
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    words = tokenizer()
    words.chat_template = CHAT.replace("IMAGE", "<|vision_start|><|image_pad|><|vision_end|>")
    ids = words.convert_tokens_to_ids
    text = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2}
    text |= {"num_key_value_heads": 1, "max_position_embeddings": 1024, "initializer_range": 0.2} | changed
    half = text["hidden_size"] // text["num_attention_heads"] // 2
    sections = [half // 4, half * 3 // 8, half * 3 // 8]
    text |= {"rope_parameters": {"rope_type": "default", "mrope_section": sections, "rope_theta": 10000.0}}
    text |= {"vocab_size": len(words), "tie_word_embeddings": False, "eos_token_id": words.eos_token_id}
    sight = {"depth": 2, "hidden_size": 32, "num_heads": 2, "intermediate_size": 64, "initializer_range": 0.2}
    sight |= {"fullatt_block_indexes": [1], **eye, "out_hidden_size": text["hidden_size"]}
    config = Qwen2_5_VLConfig(
        text_config=text,
        vision_config=sight,
        image_token_id=ids("<|image_pad|>"),
        vision_start_token_id=ids("<|vision_start|>"),
        vision_end_token_id=ids("<|vision_end|>"),
        tie_word_embeddings=False,
    )
    torch.manual_seed(seed)
    model = Qwen2_5_VLForConditionalGeneration(config)
    Qwen2VLImageProcessorPil(min_pixels=56 * 56, max_pixels=28 * 28 * tokens).save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(
        (folder / "preprocessor_config.json").read_text().replace("ImageProcessorPil", "ImageProcessor")
    )
    return _saved(model, folder, words)


def llava_model(folder: Path, *, seed: int = 0) -> Path:
    """A LLaVA: a Qwen2 with an eye of CLIP's."""
    import torch
    from transformers import (
        CLIPImageProcessor,
        CLIPVisionConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
        Qwen2Config,
    )

    words = tokenizer()
    words.chat_template = CHAT.replace("IMAGE", "<image>")
    text = Qwen2Config(
        vocab_size=len(words),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=512,
        initializer_range=0.2,
        tie_word_embeddings=False,
        eos_token_id=words.eos_token_id,
        bos_token_id=None,
    )
    eye = CLIPVisionConfig(
        hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, image_size=56, patch_size=14
    )
    config = LlavaConfig(
        text_config=text,
        vision_config=eye,
        image_token_index=words.convert_tokens_to_ids("<image>"),
        vision_feature_layer=-1,
        tie_word_embeddings=False,
    )
    torch.manual_seed(seed)
    model = LlavaForConditionalGeneration(config)
    images = CLIPImageProcessor(size={"shortest_edge": 56}, crop_size={"height": 56, "width": 56})
    processor = LlavaProcessor(
        images,
        words,
        patch_size=14,
        vision_feature_select_strategy="default",
        chat_template=words.chat_template,
        num_additional_image_tokens=1,
    )
    processor.save_pretrained(folder)
    return _saved(model, folder, words)


def _saved(model: Any, folder: Path, words: Any) -> Path:
    from transformers import GenerationConfig

    # What real models' files hold; no request may be changed by it.
    model.generation_config = GenerationConfig(
        do_sample=True,
        temperature=0.7,
        top_k=20,
        top_p=0.8,
        repetition_penalty=1.05,
        eos_token_id=[words.eos_token_id],
        pad_token_id=words.pad_token_id,
    )
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def gguf_model(folder: Path, *, seed: int = 0) -> Path:
    """The weights of `text_model` as a GGUF file of the architecture qwen2, in float32."""
    import gguf
    import torch
    from transformers import Qwen2ForCausalLM

    torch.manual_seed(seed)
    plain = folder.parent / f"{folder.name}-plain"
    plain.mkdir()
    text_model(plain, seed=seed)
    model, words = Qwen2ForCausalLM.from_pretrained(plain), tokenizer()
    config = model.config
    file = gguf.GGUFWriter(folder / "tiny-F32.gguf", "qwen2")
    file.add_context_length(config.max_position_embeddings)
    file.add_embedding_length(config.hidden_size)
    file.add_block_count(config.num_hidden_layers)
    file.add_feed_forward_length(config.intermediate_size)
    file.add_head_count(config.num_attention_heads)
    file.add_head_count_kv(config.num_key_value_heads)
    file.add_layer_norm_rms_eps(config.rms_norm_eps)
    file.add_rope_freq_base(config.rope_parameters["rope_theta"])
    vocabulary = sorted(words.get_vocab().items(), key=lambda pair: pair[1])
    file.add_tokenizer_model("gpt2")
    file.add_tokenizer_pre("qwen2")
    file.add_token_list([token for token, _ in vocabulary])
    file.add_token_types([3 if token in SPECIAL else 1 for token, _ in vocabulary])
    merges = json.loads(words.backend_tokenizer.to_str())["model"]["merges"]
    file.add_token_merges([" ".join(pair) for pair in merges])
    file.add_eos_token_id(words.eos_token_id)
    file.add_pad_token_id(words.pad_token_id)
    file.add_chat_template(CHAT)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.QWEN2, config.num_hidden_layers)
    for name, tensor in model.state_dict().items():
        file.add_tensor(names.get_name(name, try_suffixes=(".weight", ".bias")), tensor.float().numpy())
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()
    return folder
