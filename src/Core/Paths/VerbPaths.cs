using Hooks.Core.Workloads;

namespace Hooks.Core.Paths;

/// <summary>Where in the kernel each operation begins.</summary>
internal static class VerbPaths
{
    /// <summary>The path that an operation of a program begins.</summary>
    public static PathId Of(Verb verb) => verb switch
    {
        Verb.Map => PathId.Mmap,
        Verb.Unmap => PathId.Munmap,
        Verb.Mlock => PathId.Mlock,
        Verb.Munlock => PathId.Munlock,
        Verb.Dontneed => PathId.MadviseDontneed,
        Verb.Free => PathId.MadviseFree,
        Verb.Fork => PathId.DupMmap,
        Verb.Exit => PathId.DoExit,
        Verb.Pageout => PathId.MadvisePageout,
        Verb.Reclaim => PathId.Reclaim,
        Verb.EndIo => PathId.EndWriteback,
        Verb.Mprotect => PathId.Mprotect,
        Verb.Mremap => PathId.Mremap,
        Verb.ClearRefs => PathId.ClearRefs,
        Verb.UffdWp or Verb.UffdUnwp => PathId.UffdWriteProtect,
        Verb.UffdMove => PathId.UffdMove,
        Verb.Pin => PathId.Gup,
        Verb.Unpin => PathId.Unpin,
        Verb.Dma => PathId.DeviceWrite,
        Verb.SwapOff => PathId.SwapOff,
        Verb.SwapOn => PathId.SwapOn,
        Verb.DrainSlots => PathId.DrainSlots,
        Verb.Fail => PathId.InjectFault,
        Verb.SwapMax => PathId.SwapMax,
        _ => PathId.UserAccess,
    };
}
