"""Writes `lightning_omegaconf.ckpt`: a blind gray denoiser as PyTorch Lightning stores it with the hyperparameters of an experiment.

    pip install torch pytorch_lightning omegaconf
    python generate.py WEIGHTS.ckpt lightning_omegaconf.ckpt

WEIGHTS.ckpt holds the state dictionary (names with `model.` in front) of a network with one more input channel, a map of sigma / 255.
The hyperparameters have the layout of the published training code: the network's arguments under `model`, the damage under
`data_module`, references between them. `input.png` and `expected16_sigma25.png` are what that code takes and gives at sigma 25.
"""
import sys
import tempfile

import pytorch_lightning as pl
import torch
from omegaconf import OmegaConf

EXPERIMENT = OmegaConf.create({
    "tag": "GRL/GRL_${data_module.name}/${model.name}", "patch_size": 32, "batch_size": 1, "steps": [1, 2], "tile": 0,
    "stripe_size1": 8, "stripe_size2": 16, "optimizer": {"_target_": "torch.optim.AdamW", "lr": 1e-4, "betas": [0.9, 0.99]},
    "data_module": {"_target_": "data.IRDataModule", "name": "dn", "noise_sigma": 25, "noise_sigma_range": [0, 50],
                    "noise_level_map": True, "num_channels": 1},
    "model": {"_target_": "models.networks.grl.GRL", "name": "grl_mini", "upscale": 1, "in_channels": 2, "out_channels": 1,
              "embed_dim": 16, "img_range": 1.0, "img_size": "${patch_size}", "upsampler": "", "depths": [4, 1],
              "num_heads_window": [2, 2], "num_heads_stripe": [2, 2], "window_size": 8,
              "stripe_size": ["${stripe_size1}", "${stripe_size2}"], "stripe_groups": [None, None], "stripe_shift": True,
              "mlp_ratio": 2, "qkv_proj_type": "linear", "anchor_proj_type": "avgpool", "anchor_one_stage": True,
              "anchor_window_down_factor": 2, "out_proj_type": "linear", "conv_type": "1conv", "init_method": "n",
              "local_connection": False, "euclidean_dist": False},
})


class Engine(pl.LightningModule):
    def __init__(self, hparams):
        super().__init__()
        self.save_hyperparameters(hparams)
        self.hparams.steps = [1, 3]
        self.model = torch.nn.Linear(2, 2)

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.hparams.optimizer.lr)
        return [optimizer], [torch.optim.lr_scheduler.MultiStepLR(optimizer, [1, 2], gamma=0.5)]

    def training_step(self, batch, index):
        return self.model(batch).sum()

    def train_dataloader(self):
        return torch.utils.data.DataLoader(torch.ones(4, 2))


def main():
    weights, target = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        trainer = pl.Trainer(max_steps=2, accelerator="cpu", logger=False, enable_progress_bar=False, default_root_dir=folder)
        trainer.fit(Engine(EXPERIMENT))
        trainer.save_checkpoint(f"{folder}/small.ckpt")
        checkpoint = torch.load(f"{folder}/small.ckpt", weights_only=False)
    checkpoint["state_dict"] = torch.load(weights, weights_only=True)
    torch.save(checkpoint, target)


if __name__ == "__main__":
    main()
