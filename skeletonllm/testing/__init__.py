"""For tests of your own: small corpora in memory, scenes with known answers, a job that is killed.

Shared by the tests and the benchmarks of this project, and public for those who write a reader, an
engine or a stage of their own. Import the module that is needed; only :mod:`.strategies` asks for
hypothesis, only :mod:`.rendering` loads torch, and only :mod:`.fake_endpoint` and
:mod:`.faulty_store` load aiohttp.

================================  =================================================================
Module                            What it holds
================================  =================================================================
:mod:`.clips`                     a clip around a motion
:mod:`.memory_files`              reads a file that exists in memory only; compares motions
:mod:`.ntu_files`                 NTU RGB+D files of bodies that come, go and trade places
:mod:`.rigs`                      BVH files of given rigs, and forward kinematics by the book
:mod:`.mocap`                     files that stand in for SMPL-H and SMPL-X, which are not free;
                                  features of HumanML3D and KIT-ML from joints
:mod:`.identity_faults`           what sensors do to the ids of two persons
:mod:`.releases`                  a small folder of shards
:mod:`.processes`                 runs a job as a user does, or kills it at a moment
:mod:`.killing`                   stages and cuts that are killed, and who reads meanwhile
:mod:`.fake_endpoint`             an OpenAI-compatible server that fails as it is told to
:mod:`.faulty_store`              a store of files that fails as it is told to
:mod:`.strategies`                motions and rigs drawn by hypothesis
:mod:`.rendering`                 people, splats, an exact engine, and how far another one is off
================================  =================================================================

To check a reader of your own, call :func:`skeletonllm.corpora.check_reader` on a folder of its
files, and :func:`.memory_files.read_in_memory` on the texts of your own tests.
"""
