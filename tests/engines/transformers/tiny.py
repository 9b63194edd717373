"""Tiny models of random weights, built from their config classes and saved as a folder each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.engines.transformers.converted import language_model, projector

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


def tokenizer(sentences: Sequence[str] = SENTENCES) -> Any:
    """A byte-level BPE tokenizer with a chat template, which knows the words of some sentences."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, initial_alphabet=alphabet, special_tokens=list(SPECIAL))
    raw.train_from_iterator(list(sentences) * 4, trainer)
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


def llava_model(
    folder: Path, *, seed: int = 0, sentences: Sequence[str] = SENTENCES, spread: float = 0.2, eye_size: int = 32
) -> Path:
    """A LLaVA: a Qwen2 with an eye of SigLIP's, for pictures of 56 pixels.

    SigLIP's and not CLIP's, whose class token llama.cpp puts where LLaVA does not look for it.

    Args:
        folder: Where it is saved.
        seed: Of its weights.
        sentences: Whose words its tokenizer knows.
        spread: The standard deviation of the language model's weights; wide ones babble, narrow ones learn.
        eye_size: How wide the eye is.
    """
    import torch
    from transformers import (
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
        Qwen2Config,
        SiglipImageProcessor,
        SiglipVisionConfig,
    )

    words = tokenizer(sentences)
    words.chat_template = CHAT.replace("IMAGE", "<image>")
    text = Qwen2Config(
        vocab_size=len(words),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=512,
        initializer_range=spread,
        tie_word_embeddings=False,
        eos_token_id=words.eos_token_id,
        bos_token_id=None,
    )
    eye = SiglipVisionConfig(
        hidden_size=eye_size,
        intermediate_size=2 * eye_size,
        num_hidden_layers=3,
        num_attention_heads=2,
        image_size=56,
        patch_size=14,
        vision_use_head=False,
    )
    config = LlavaConfig(
        text_config=text,
        vision_config=eye,
        image_token_index=words.convert_tokens_to_ids("<image>"),
        # The last but one, as the large ones have it: nothing is normed behind it.
        vision_feature_layer=-2,
        vision_feature_select_strategy="full",
        image_seq_length=16,
        tie_word_embeddings=False,
    )
    torch.manual_seed(seed)
    model = LlavaForConditionalGeneration(config)
    processor = LlavaProcessor(
        SiglipImageProcessor(size={"height": 56, "width": 56}),
        words,
        patch_size=14,
        vision_feature_select_strategy="full",
        chat_template=words.chat_template,
        num_additional_image_tokens=0,
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
    save(model, folder)
    words.save_pretrained(folder)
    return folder


def save(model: Any, folder: Path) -> None:
    """Save a model under the names that published weights have.

    A newer transformers writes SigLIP's without the ``vision_model`` that stands in all files on the hub, and in what
    vLLM reads; itself it reads both.
    """
    from safetensors.torch import load_file, save_file

    model.save_pretrained(folder)
    file = folder / "model.safetensors"
    named = {
        re.sub(r"^(vision_tower\.)(?!vision_model\.)", r"\1vision_model.", name): weight
        for name, weight in load_file(file).items()
    }
    save_file(named, file, metadata={"format": "pt"})


def gguf_model(folder: Path, *, seed: int = 0) -> Path:
    """The weights of `text_model` as a GGUF file."""
    from transformers import Qwen2ForCausalLM

    plain = folder.parent / f"{folder.name}-plain"
    plain.mkdir()
    model = Qwen2ForCausalLM.from_pretrained(text_model(plain, seed=seed))
    language_model(model, tokenizer(), CHAT, folder / "tiny-F32.gguf")
    return folder


def gguf_llava(llava: Path, folder: Path) -> tuple[Path, Path]:
    """The weights of a LLaVA as two GGUF files: the model's, and its projector's.

    Args:
        llava: The folder of what `llava_model` has made.
        folder: Where they are written.
    """
    from transformers import AutoTokenizer, LlavaForConditionalGeneration, SiglipImageProcessorPil

    model, words = LlavaForConditionalGeneration.from_pretrained(llava), AutoTokenizer.from_pretrained(llava)
    images = SiglipImageProcessorPil.from_pretrained(llava)
    return language_model(model, words, CHAT, folder / "model.gguf"), projector(model, images, folder / "eye.gguf")
