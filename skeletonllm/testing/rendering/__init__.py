"""What tests of renderers share: people, splats, exact engines, and how far another one is off.

:mod:`.people` and :mod:`.motion_scenes` hold motions, :mod:`.splat_scenes` what a rasterizer is
given. :mod:`.engine_parity` compares engines through the whole of DrAction, and :mod:`.goldens`
compares ours with arrays of the published renderer. :mod:`.software_nvdiffrast` stands in for
nvdiffrast where there is no GPU. All of it needs torch.
"""
